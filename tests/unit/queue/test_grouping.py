from __future__ import annotations

import pytest

from qtd.queue.grouping import by_queue


def test_order_is_kept_within_each_queue() -> None:
    """Entries are sorted by queue, not among themselves, and queues come in ascending order."""
    groups = by_queue([(2, b"a"), (0, b"b"), (2, b"c"), (0, b"a")], 3)
    assert list(groups.items()) == [(0, [b"b", b"a"]), (2, [b"a", b"c"])]


@pytest.mark.parametrize("queue", [-1, 3])
def test_a_wrong_number_is_refused(queue: int) -> None:
    """A queue beyond the count would never be read."""
    with pytest.raises(ValueError, match=f"queue {queue} does not exist, there are 3"):
        by_queue([(0, b"a"), (queue, b"b")], 3)
