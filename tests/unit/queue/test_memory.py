from __future__ import annotations

import pytest

from qtd.errors import BrokerUnavailable
from qtd.queue.memory import MemoryQueues
from tests.fake_clock import FakeClock


def test_a_lock_lasts_until_its_very_last_moment() -> None:
    """Expiry is by the given clock: a second before it the queue is taken, at it the queue is free."""
    clock = FakeClock()
    queues = MemoryQueues(count=1, clock=clock)
    assert queues.acquire(0, 60) is not None
    clock.advance(59)
    assert queues.states()[0].lock_seconds_left == pytest.approx(1)
    assert queues.acquire(0, 60) is None
    clock.advance(1)
    assert queues.acquire(0, 60) is not None


def test_it_can_play_a_broker_that_is_away() -> None:
    """Tests of what happens then need every call to fail with the given reason, and entries to stay."""
    queues = MemoryQueues(count=1, clock=FakeClock())
    queues.push([(0, b"one")])
    queues.become("somebody pulled the plug")
    for call in (
        lambda: queues.push([(0, b"two")]),
        lambda: queues.read(0, 1),
        lambda: queues.acquire(0, 60),
        queues.lengths,
        queues.states,
        queues.ping,
    ):
        with pytest.raises(BrokerUnavailable, match="pulled the plug"):
            call()
    queues.become(None)
    assert queues.read(0, 10) == [b"one"]


def test_tokens_come_from_where_one_says() -> None:
    """Randomness is injected, so that a test can foretell a lock."""
    queues = MemoryQueues(count=1, clock=FakeClock(), token=lambda: "twelve chars")
    lock = queues.acquire(0, 60)
    assert lock is not None
    assert lock.token == "twelve chars"
