"""Which queues are whose."""

from __future__ import annotations

import pytest

from qtd.worker.share import own_queues, queue_order


@pytest.mark.parametrize(("workers", "queues"), [(1, 1), (1, 4), (3, 4), (4, 4), (5, 16)])
def test_every_queue_has_one_worker_of_its_own(workers: int, queues: int) -> None:
    """No queue is nobody's, none has two, and each worker looks at all of them, its own first."""
    owned = [own_queues(worker, workers=workers, queues=queues) for worker in range(1, workers + 1)]
    assert sorted(queue for some in owned for queue in some) == list(range(queues))
    for worker, own in enumerate(owned, 1):
        order = queue_order(worker, workers=workers, queues=queues)
        assert order[: len(own)] == own
        assert sorted(order) == list(range(queues))


def test_a_worker_beyond_the_number_of_workers_has_queues_too() -> None:
    """A worker that is left over from a larger number has work until it is stopped."""
    assert own_queues(5, workers=4, queues=4) == [0]
