"""Locks are kept while a batch takes its time."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from threading import Event

import pytest

from qtd.errors import BrokerUnavailable
from qtd.queue.memory import MemoryQueues
from qtd.worker.keeping import LockKeeper
from tests.fake_clock import FakeClock


class Steps(FakeClock):
    """A clock on which a thread waits until the test lets it go on."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: SimpleQueue[float] = SimpleQueue()
        self._go: SimpleQueue[None] = SimpleQueue()

    def wait(self, seconds: float, until: Event) -> bool:
        """Say for how long, and wait for `step`."""
        self._waiting.put(seconds)
        self._go.get(timeout=20)
        return until.is_set()

    def step(self) -> None:
        """Let the time pass that is being waited for, and the thread do what it does then."""
        self.advance(self._waiting.get(timeout=20))
        self._go.put(None)

    def settle(self) -> float:
        """Return when the thread waits again, with the time for which."""
        seconds = self._waiting.get(timeout=20)
        self._waiting.put(seconds)
        return seconds


@pytest.fixture
def clock() -> Steps:
    """Give a clock that is moved step by step."""
    return Steps()


def test_a_lock_outlives_its_time(clock: Steps) -> None:
    """However long a batch takes, nobody else gets its queue; afterwards the lock expires as it was last set."""
    queues = MemoryQueues(count=1, clock=clock)
    lock = queues.acquire(0, 30)
    assert lock is not None
    with LockKeeper(queues, seconds=30, clock=clock).keep(lock):
        for _ in range(12):  # two minutes
            clock.step()
            clock.settle()
            assert queues.acquire(0, 30) is None
    clock.step()
    clock.advance(30)
    assert queues.acquire(0, 30) is not None


def test_a_broker_that_is_away_for_a_moment_is_asked_again(clock: Steps) -> None:
    """An extension that fails is followed by another before the lock has expired."""
    queues = MemoryQueues(count=1, clock=clock)
    lock = queues.acquire(0, 30)
    assert lock is not None
    with LockKeeper(queues, seconds=30, clock=clock).keep(lock):
        clock.settle()
        queues.become("away")
        clock.step()
        clock.settle()
        queues.become(None)
        clock.step()
        clock.settle()
        clock.advance(15)
        assert queues.acquire(0, 30) is None
    clock.step()


def test_a_lost_lock_is_not_taken_back(clock: Steps) -> None:
    """What was lost is somebody else's: the keeper stops instead of extending his lock."""
    queues = MemoryQueues(count=1, clock=clock)
    lock = queues.acquire(0, 30)
    assert lock is not None
    with LockKeeper(queues, seconds=30, clock=clock).keep(lock):
        clock.settle()
        clock.advance(31)
        other = queues.acquire(0, 30)
        assert other is not None
        (keeper,) = [thread for thread in threading.enumerate() if thread.name == "lock of queue 0"]
        clock.step()
        keeper.join(20)
        assert not keeper.is_alive()
        assert queues.states()[0].lock_holder == other.token
        clock.advance(30)
        assert queues.states()[0].lock_holder is None


def test_errors_are_the_batchs() -> None:
    """What the work raises passes through."""
    clock = Steps()
    queues = MemoryQueues(count=1, clock=clock)
    lock = queues.acquire(0, 30)
    assert lock is not None
    with (
        pytest.raises(BrokerUnavailable, match="away"),
        LockKeeper(queues, seconds=30, clock=clock).keep(lock),
    ):
        raise BrokerUnavailable("away")
    clock.step()
