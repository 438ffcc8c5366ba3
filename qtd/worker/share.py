"""Which queues a worker looks after, and in what order it looks at the others."""

from __future__ import annotations


def own_queues(worker: int, *, workers: int, queues: int) -> list[int]:
    """Return the numbers of the queues that are the worker's own: every `workers`-th, from `worker` - 1.

    `worker` counts from 1, as in `qtd-worker@1`.
    """
    return [queue for queue in range(queues) if queue % workers == (worker - 1) % workers]


def queue_order(worker: int, *, workers: int, queues: int) -> list[int]:
    """Return all queue numbers: the worker's own first, then the others'.

    Others' queues come last so that they are emptied when their worker is away; locks keep two workers from one queue.
    """
    own = own_queues(worker, workers=workers, queues=queues)
    return own + [queue for queue in range(queues) if queue not in own]
