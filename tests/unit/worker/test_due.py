"""When a queue's turn comes."""

from __future__ import annotations

import pytest

from qtd.worker.due import BUSY_SECONDS, OTHERS_SECONDS, Due
from tests.fake_clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that stands still."""
    return FakeClock()


def test_a_whole_batch_is_due_at_once(clock: FakeClock) -> None:
    """As many entries as a batch takes wait for nothing."""
    due = Due(max_requests=10, max_wait_seconds=1, clock=clock)
    assert not due.come(0, 9)
    assert due.come(0, 10)


def test_fewer_are_due_when_they_have_waited(clock: FakeClock) -> None:
    """A batch is never waited for longer than `max_wait_seconds`, counted from the first entry."""
    due = Due(max_requests=10, max_wait_seconds=1, clock=clock)
    assert not due.come(0, 1)
    clock.advance(0.6)
    assert not due.come(0, 2)
    clock.advance(0.6)
    assert due.come(0, 3)


def test_without_a_wait_everything_is_due(clock: FakeClock) -> None:
    """`max_wait_seconds: 0` takes every entry at once; an empty queue is never due."""
    due = Due(max_requests=10, max_wait_seconds=0, clock=clock)
    assert not due.come(0, 0)
    assert due.come(0, 1)


def test_what_comes_after_a_batch_waits_anew(clock: FakeClock) -> None:
    """The wait begins anew where the queue was worked on, by us or by somebody else, or was empty."""
    due = Due(max_requests=10, max_wait_seconds=1, clock=clock)
    for emptied in (lambda: due.worked(0), lambda: due.come(0, 1), lambda: due.come(0, 0)):
        due.worked(0)
        due.come(0, 5)
        clock.advance(0.9)
        emptied()
        assert not due.come(0, 3)
        clock.advance(0.9)
        assert not due.come(0, 3)
        clock.advance(0.2)
        assert due.come(0, 3)


def test_others_queues_wait_for_their_worker(clock: FakeClock) -> None:
    """Another worker's queue is worked on only when he had his time to come, be it as long as it may."""
    due = Due(max_requests=10, max_wait_seconds=0.5, others=[1], clock=clock)
    assert due.come(0, 10)
    assert not due.come(1, 10)
    clock.advance(OTHERS_SECONDS)
    assert due.come(1, 10)
    assert not due.come(1, 9)  # somebody took one
    clock.advance(OTHERS_SECONDS + 0.4)
    assert not due.come(1, 9)
    clock.advance(0.1)
    assert due.come(1, 9)


def test_a_queue_is_left_alone(clock: FakeClock) -> None:
    """A queue that somebody else has is looked at again after a while, whatever waits; others are not concerned."""
    due = Due(max_requests=10, max_wait_seconds=0, clock=clock)
    due.leave(0, BUSY_SECONDS)
    assert not due.come(0, 100)
    assert due.come(1, 1)
    clock.advance(BUSY_SECONDS)
    assert due.come(0, 100)
