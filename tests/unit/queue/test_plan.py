from __future__ import annotations

from collections import Counter

from qtd.queue.memory import MemoryQueues
from qtd.queue.plan import Spread, spreads, visitors_waiting
from tests.fake_clock import FakeClock


def test_each_visitors_waiting_requests_are_counted() -> None:
    """Over all queues, at most so many entries of each, and nothing is removed."""
    queues = MemoryQueues(count=2, clock=FakeClock())
    queues.push([(0, b"a b"), (0, b"a"), (0, b"a"), (1, b"c")])

    def keys(stored: bytes) -> list[str]:
        return stored.decode().split()

    assert visitors_waiting(queues, keys, limit=2) == Counter(a=2, b=1, c=1)
    assert visitors_waiting(queues, keys, limit=9) == Counter(a=3, b=1, c=1)
    assert queues.lengths() == [3, 1]


def test_visitors_spread_as_they_would_be_pushed() -> None:
    """By the partitioner's own rule, for each number of queues that is asked for."""
    visitors = Counter({"000": 5, "001": 1, "002": 1, "003": 1})
    found = spreads(visitors, [1, 2, 4])
    assert found[1] == Spread(visitors=(4,), requests=(8,))
    assert found[2] == Spread(visitors=(2, 2), requests=(6, 2))
    assert found[4] == Spread(visitors=(1, 1, 1, 1), requests=(5, 1, 1, 1))
    assert [found[count].fullest for count in (1, 2, 4)] == [1.0, 1.5, 2.5]


def test_nobody_waiting_is_no_spread() -> None:
    """There is nothing to divide."""
    assert spreads(Counter(), [2])[2].fullest == 0.0
