"""How many queues there are where nobody has said so."""

from __future__ import annotations

import pytest

from qtd.queue.adoption import adopt
from qtd.queue.contract import Numbering
from qtd.queue.memory import MemoryBroker, MemoryQueues
from qtd.queue.partitioner import queue_of
from tests.fake_clock import FakeClock

VISITORS = [f"{number:03x}" for number in range(0, 4096, 89)]


def queues_with(*numbers: int) -> MemoryQueues:
    """Queues in which every visitor's entry lies by each of these numbers of queues."""
    queues = MemoryQueues(count=64, clock=FakeClock(), broker=MemoryBroker())
    queues.push([(queue_of(visitor, number), visitor.encode()) for number in numbers for visitor in VISITORS])
    return queues.with_count(4)


def keys(stored: bytes) -> list[str]:
    """The visitor of an entry."""
    return [stored.decode()]


@pytest.mark.parametrize(
    ("lying", "wanted", "found"),
    [
        ((), 4, Numbering(count=4)),
        ((4,), 4, Numbering(count=4)),
        ((4,), 8, Numbering(count=4)),
        ((1,), 4, Numbering(count=1)),
        ((16,), 4, Numbering(count=16)),
        ((3, 4), 6, Numbering(count=6)),
        ((5, 16), 4, Numbering(count=4, target=4)),
    ],
    ids=["nothing waits", "as wanted", "others", "the plugin's default", "more", "mixed", "mixed, and more"],
)
def test_the_waiting_entries_decide(lying: tuple[int, ...], wanted: int, found: Numbering) -> None:
    """By whatever number they lie; by none, it is the wanted one, and what lies beyond will be sorted."""
    queues = queues_with(*lying)
    assert adopt(queues, wanted=wanted, keys=keys) == found
    assert queues.numbering() == found


def test_what_somebody_has_said_counts() -> None:
    """Wherever the entries lie."""
    queues = queues_with(4)
    queues.renumber(Numbering(count=9, target=7))
    assert adopt(queues, wanted=4, keys=keys) == Numbering(count=9, target=7)
    queues.renumber(Numbering(count=0, target=7))
    assert adopt(queues, wanted=4, keys=keys) == Numbering(count=0, target=7)


def test_an_entry_that_says_nothing_decides_nothing() -> None:
    """The worker will put it away."""
    queues = queues_with(4)
    queues.push([(3, b"broken")])
    assert adopt(queues, wanted=4, keys=lambda stored: [] if stored == b"broken" else keys(stored)).count == 4
