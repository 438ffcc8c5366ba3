"""The age of what waits."""

from __future__ import annotations

from qtd.queue.lag import backlogs, entry_age, head_age
from qtd.queue.memory import MemoryQueues
from qtd.wire.request_set import RequestSet, encode
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
    """Other machines' clocks may be ahead."""
    assert entry_age(entry(100), 99) == 0


def test_what_the_plugin_wrote_has_an_age() -> None:
    """Its entries say when they came: in `time`, and before that in the server's REQUEST_TIME."""
    assert entry_age(b'{"requests":[{"idsite":"1"}],"env":[],"tokenAuth":false,"time":100}', 107) == 7
    assert entry_age(b'{"requests":[],"env":{"server":{"REQUEST_TIME":"100"}}}', 108) == 8


def test_each_queue_has_its_own() -> None:
    """An age, none where nothing waits, and an unknown one where the first entry can not be decoded."""
    queues = MemoryQueues(count=3, clock=FakeClock())
    queues.push([(1, b"nonsense"), (1, entry(100)), (2, entry(110)), (2, b"nonsense")])
    found = backlogs(queues, 130)
    assert [(backlog.lag, backlog.lag_unknown) for backlog in found] == [
        (None, False),
        (None, True),
        (20, False),
    ]
    assert [backlog.state for backlog in found] == queues.states()
    assert [backlog.head for backlog in found] == [None, b"nonsense", entry(110)]
