"""The age of what waits."""

from __future__ import annotations

from qtd.queue.memory import MemoryQueues
from qtd.wire.request_set import RequestSet, encode
from qtd.worker.lag import entry_age, head_age
from tests.fake_clock import FakeClock


def entry(time: float) -> bytes:
    """An entry accepted at `time`."""
    return encode(RequestSet(requests=[{}], server={}, cookies={}, token_auth=False, time=time))


def test_the_oldest_entry_counts() -> None:
    """The head's age; none where nothing waits."""
    queues = MemoryQueues(count=2, clock=FakeClock())
    queues.push([(1, entry(100)), (1, entry(110))])
    assert head_age(queues, 1, 130.5) == 30.5
    assert head_age(queues, 0, 130.5) is None


def test_ages_are_never_below_zero() -> None:
    """Other machines' clocks may be ahead, and what can not be decoded has no age."""
    assert entry_age(entry(100), 99) == 0
    assert entry_age(b"nonsense", 99) == 0
