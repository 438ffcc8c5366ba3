"""The worker's loop: whose turn it is, what stops it, and what it does when something outside fails."""

from __future__ import annotations

import pytest

from qtd.errors import BatchRejected, DatabaseConflict, DatabaseUnavailable, QueueChanged
from qtd.log.events.process import Reached, Waiting
from qtd.log.events.worker import BatchRetried, QueueLockLost
from qtd.queue.contract import Lock
from qtd.worker.due import BUSY_SECONDS, Due
from qtd.worker.loop import SHARE_SECONDS, WorkerLoop
from qtd.worker.turns import IDLE_SECONDS
from tests.unit.worker.ground import Ground


class Working(Ground):
    """A worker on three queues, with batches of ten that take a tenth of a second."""

    def __init__(self) -> None:
        super().__init__(count=3, max_requests=10, seconds=0.1)
        self.turns = 0
        self.loop = WorkerLoop(
            order=[0, 1, 2],
            due=Due(max_requests=10, max_wait_seconds=0, clock=self.clock),
            step=self.step,
            broker=self.outage("redis"),
            database=self.outage("database"),
            backoff=self.backoff,
            clock=self.clock,
            logger=self.log,
            stop=self.stop,
            on_progress=self._turned,
        )

    def _turned(self) -> None:
        self.turns += 1


@pytest.fixture
def working() -> Working:
    """Give a worker."""
    return Working()


def test_a_round_empties_what_is_due(working: Working) -> None:
    """Every queue with entries is worked on, whole batches first come first; what came of them is counted."""
    working.push(0, 25)
    working.push(2, 3)
    assert working.loop.round()
    assert working.engine.sizes == [(0, 10), (0, 10), (2, 3)]
    assert working.loop.round()
    assert working.engine.sizes[3:] == [(0, 5)]
    assert not working.loop.round()
    assert working.loop.totals == {"batches": 4, "recorded": 28, "excluded": 0, "dead": 0, "repeated": 0}
    assert [state.lock_holder for state in working.queues.states()] == [None] * 3


def test_a_queue_that_never_gets_empty_does_not_starve_the_others(working: Working) -> None:
    """While entries arrive faster than they are recorded, the other queues have their turn nevertheless."""
    working.engine.meanwhile = lambda: working.push(0, 20)
    working.push(0, 50)
    working.push(1, 5)
    working.loop.round()
    assert (1, 5) in working.engine.sizes
    assert len(working.engine.batches) <= SHARE_SECONDS / 0.1 + 2


def test_an_only_queue_needs_not_share(working: Working) -> None:
    """Where nothing waits elsewhere the queue is kept until less than a batch is left, without taking its lock anew."""
    working.push(0, 10 * 50)
    working.loop.round()
    assert working.engine.sizes == [(0, 10)] * 50


def test_a_queue_that_somebody_else_has_keeps_nobody_waiting(working: Working) -> None:
    """Its entries are left to the holder, the others are worked on; when the lock has expired it is taken."""
    held = working.queues.acquire(0, 30)
    assert held is not None
    working.push(0, 5)
    working.push(1, 5)
    working.loop.round()
    assert working.engine.sizes == [(1, 5)]
    assert not working.loop.round()
    working.clock.advance(30)
    assert working.loop.round()
    assert working.engine.sizes == [(1, 5), (0, 5)]


def test_a_queue_that_somebody_else_has_is_not_asked_for_all_the_time(working: Working) -> None:
    """Its lock is tried once a second, not twenty times: on SQLite each try waits for the holder's transaction."""
    tried: list[int] = []
    acquire = working.queues.acquire

    def try_it(queue: int, seconds: int) -> Lock | None:
        tried.append(queue)
        return acquire(queue, seconds)

    working.queues.acquire = try_it  # type: ignore[method-assign]
    acquire(0, 3600)
    working.push(0, 5)
    end = working.clock.monotonic() + 10
    while working.clock.monotonic() < end:
        working.loop.round()
        working.clock.advance(IDLE_SECONDS)
    assert 9 <= len(tried) <= 10 / BUSY_SECONDS


def test_a_stop_finishes_the_batch_and_no_more(working: Working) -> None:
    """Told to stop in the middle of a batch, the worker records and trims it, gives the lock back and ends."""
    working.push(0, 35)
    working.push(1, 5)
    working.engine.meanwhile = working.stop.set
    working.loop.run()
    assert working.engine.sizes == [(0, 10)]
    assert working.queues.lengths() == [25, 5, 0]
    assert working.queues.states()[0].lock_holder is None


def test_a_database_outage_is_a_story_with_an_end(working: Working) -> None:
    """Nothing is lost or dead; each attempt says why and how long until the next, pauses grow, and the end is told."""
    working.push(0, 5)
    working.push(1, 5)
    working.engine.failures[0] = [DatabaseUnavailable("gone")] * 4
    while not working.engine.batches:
        working.loop.round()
    waits = [event for event in working.log.events if isinstance(event, Waiting)]
    assert [(event.waits_for, event.cause) for event in waits] == [("database", "gone")] * 4
    assert [event.pause_seconds for event in waits] == sorted(event.pause_seconds for event in waits)
    (end,) = [event for event in working.log.events if isinstance(event, Reached)]
    assert end.seconds >= sum(event.pause_seconds for event in waits)
    assert working.loop.trouble is None
    assert not any(isinstance(event, BatchRetried) for event in working.log.events)
    working.loop.round()
    assert working.queues.lengths() == [0, 0, 0]


def test_an_outage_is_known_while_it_lasts(working: Working) -> None:
    """Whoever asks hears what is wrong, the other queues are not tried in vain, and the loop says that it turns."""
    working.push(0, 5)
    working.push(1, 5)
    working.engine.failures = {0: [DatabaseUnavailable("gone")], 1: [DatabaseUnavailable("never asked")]}
    before = working.clock.monotonic()
    assert not working.loop.round()
    assert working.loop.trouble == "gone"
    assert len(working.engine.failures[1]) == 1
    assert working.turns >= (working.clock.monotonic() - before) - 1


def test_idle_rounds_do_not_end_an_outage(working: Working) -> None:
    """Only a batch that succeeds does: the pauses go on growing though rounds between find nothing that is due."""
    working.push(0, 5)
    working.engine.failures[0] = [DatabaseUnavailable("gone")] * 2
    working.loop.round()
    held = working.queues.acquire(0, 1)
    assert held is not None
    working.loop.round()
    assert working.loop.trouble == "gone"
    working.clock.advance(5)
    working.loop.round()
    first, second = [event.pause_seconds for event in working.log.events if isinstance(event, Waiting)]
    assert second > first


def test_a_broker_outage_is_waited_for(working: Working) -> None:
    """The broker's silence is told with its own name, and over when it answers."""
    causes = []
    for reason in ("connection refused", None):
        working.queues.become(reason)
        working.loop.round()
        causes.append(working.loop.trouble)
    assert causes == ["connection refused", None]
    names = [(type(event).__name__, getattr(event, "waits_for", "")) for event in working.log.events]
    assert names == [("Waiting", "redis"), ("Reached", "redis")]


@pytest.mark.parametrize("error", [DatabaseConflict("deadlock"), QueueChanged(), BatchRejected("500")])
def test_a_conflict_concerns_its_queue_only(working: Working, error: Exception) -> None:
    """The batch is done again after a pause that grows; the other queues go on without one."""
    working.engine.failures[0] = [error] * 3
    working.push(0, 5)
    began = working.clock.monotonic()
    for _ in range(3):
        working.push(1, 5)
        working.loop.round()
    assert working.engine.sizes == [(1, 5)] * 3
    assert working.clock.monotonic() - began < 1
    while working.queues.lengths()[0]:
        working.loop.round()
        working.clock.advance(IDLE_SECONDS)
    retried = [event for event in working.log.events if isinstance(event, BatchRetried)]
    assert [(event.queue, event.attempt) for event in retried] == [(0, 1), (0, 2), (0, 3)]
    assert retried[0].pause_seconds < retried[2].pause_seconds
    working.engine.failures[0] = [error]
    working.push(0, 5)
    working.loop.round()
    assert working.log.of(BatchRetried)[-1].attempt == 1


def test_a_lost_lock_is_told_and_forgotten(working: Working) -> None:
    """The batch is left to whoever has the queue now; this worker goes on with the others."""
    working.push(0, 15)
    working.push(1, 5)
    working.engine.meanwhile = lambda: working.clock.advance(61) if len(working.engine.batches) == 1 else None
    working.loop.round()
    (lost,) = [event for event in working.log.events if isinstance(event, QueueLockLost)]
    assert lost.queue == 0
    assert lost.seconds >= 61
    assert (1, 5) in working.engine.sizes
    while any(working.queues.lengths()):
        working.loop.round()
        working.clock.advance(IDLE_SECONDS)
    assert working.engine.recorded(0) == [b"%d" % number for number in range(15)]


def test_nothing_to_do_is_looked_at_gently(working: Working) -> None:
    """With empty queues the loop looks some twenty times a second, and says so each time."""
    looks = []
    lengths = working.queues.lengths

    def look() -> list[int]:
        looks.append(working.clock.monotonic())
        if len(looks) == 20:
            working.stop.set()
        return lengths()

    working.queues.lengths = look  # type: ignore[method-assign]
    working.loop.run()
    assert 0.9 < looks[-1] - looks[0] < 1.1
    assert working.turns == 20
