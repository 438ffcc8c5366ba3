"""Which queues a worker looks after, and in what order it looks at the others."""

from __future__ import annotations


def queue_order(worker: int, *, workers: int, queues: int) -> list[int]:
    """Return all queue numbers: the worker's own (every `workers`-th, from `worker` - 1) first, then the others'.

    `worker` counts from 1, as in `qtd-worker@1`. Others' queues come last so that they are emptied when their worker
    is away; locks keep two workers from one queue.
    """
    own = [queue for queue in range(queues) if queue % workers == (worker - 1) % workers]
    others = [queue for queue in range(queues) if queue % workers != (worker - 1) % workers]
    return own + others
