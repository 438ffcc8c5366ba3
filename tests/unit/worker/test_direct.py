"""Requests that are recorded when they come: in their turn, and honestly."""

from __future__ import annotations

import pytest

from qtd.errors import (
    DatabaseConflict,
    DatabaseUnavailable,
    NotAllPushed,
    QueuesRenumbered,
    SchemaError,
)
from qtd.queue.contract import Numbering
from qtd.queue.memory import MemoryBroker, MemoryQueues
from qtd.worker.at_once import LEDGER
from qtd.worker.direct import PATIENCE_SECONDS, Direct
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog
from tests.unit.worker.engines import RecordingEngine


class Case:
    """Four queues of which at most three entries are recorded besides new ones."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.broker = MemoryBroker()
        self.engine = RecordingEngine(self.clock)
        self.opened = 0
        self.queues = self.of(4)
        self.queues.adopt(Numbering(count=4))
        self.direct = Direct(
            self, self._open, max_requests=3, lock_seconds=60, clock=self.clock, logger=KeptLog()
        )

    def of(self, count: int) -> MemoryQueues:
        """See `Counted.of`."""
        return MemoryQueues(count=count, clock=self.clock, broker=self.broker)

    def _open(self) -> RecordingEngine:
        self.opened += 1
        return self.engine

    def push(self, *entries: tuple[int, bytes]) -> None:
        """Hand entries over as the endpoint does."""
        self.direct.push(entries, 4)


@pytest.fixture
def case() -> Case:
    """Give one."""
    return Case()


def test_they_are_recorded_under_their_queues_lock(case: Case) -> None:
    """With its fence, each queue's entries as a batch; nothing is queued, no lock is left."""
    held: list[int] = []
    case.engine.meanwhile = lambda: held.extend(lock.queue for lock in case.queues.locks())
    case.push((1, b"a"), (2, b"b"), (1, b"c"))
    assert case.engine.batches == [(1, [b"a", b"c"]), (2, [b"b"])]
    assert held == [1, 2]
    assert case.engine.fences == {1: 1, 2: 1}
    assert (case.queues.lengths(), case.queues.locks(), case.opened) == ([0] * 4, [], 1)


def test_what_waits_comes_first(case: Case) -> None:
    """A little is recorded with the new ones, before them, and leaves the queue."""
    case.queues.push([(1, b"1"), (1, b"2")])
    case.push((1, b"3"))
    assert case.engine.recorded(1) == [b"1", b"2", b"3"]
    assert case.queues.lengths() == [0] * 4


def test_behind_much_they_are_queued(case: Case) -> None:
    """More than a batch is the workers' business; when they are through, new ones are recorded at once again."""
    case.queues.push([(1, b"%d" % number) for number in range(4)])
    case.push((1, b"4"), (2, b"x"))
    assert case.engine.batches == [(2, [b"x"])]
    assert case.queues.read(1, 9) == [b"0", b"1", b"2", b"3", b"4"]
    lock = case.queues.acquire(1, 60)
    assert lock is not None
    case.queues.trim(lock, case.queues.read(1, 4))
    case.push((1, b"5"))
    assert case.queues.read(1, 9) == [b"4", b"5"], "a worker has the queue, and something waits in it"
    case.queues.release(lock)
    case.push((1, b"6"))
    assert case.engine.recorded(1) == [b"4", b"5", b"6"]


def test_an_empty_queue_that_is_held_is_waited_for(case: Case) -> None:
    """Another endpoint records for it: in turns. One that does not let go is an error in the end, nothing queued."""
    lock = case.queues.acquire(1, 3)
    assert lock is not None
    case.push((1, b"a"))
    assert case.engine.recorded(1) == [b"a"]
    assert case.queues.acquire(1, 600)
    began = case.clock.now()
    with pytest.raises(NotAllPushed, match="queue 1 is held") as failed:
        case.push((0, b"b"), (1, b"c"))
    assert failed.value.entries == [(1, b"c")], "the other one is recorded"
    assert case.clock.now() - began >= PATIENCE_SECONDS
    assert case.queues.lengths() == [0] * 4


def test_a_database_that_fails_is_told(case: Case) -> None:
    """What was not recorded is given back, and is nowhere; a conflict is tried again."""
    case.engine.failures[1] = [DatabaseConflict(), DatabaseUnavailable("gone")]
    with pytest.raises(NotAllPushed, match="gone") as failed:
        case.push((1, b"a"), (2, b"b"))
    assert failed.value.entries == [(1, b"a"), (2, b"b")]
    assert (case.queues.lengths(), case.queues.locks()) == ([0] * 4, [])
    case.push((1, b"a"), (2, b"b"))
    assert case.engine.batches == [(1, [b"a"]), (2, [b"b"])]


def test_tables_that_have_changed_are_looked_at_anew(case: Case) -> None:
    """As a worker would: the engine is opened again."""
    case.engine.failures[1] = [SchemaError("no such column")]
    with pytest.raises(NotAllPushed):
        case.push((1, b"a"))
    case.push((1, b"a"))
    assert case.opened == 2


def test_another_number_of_queues_is_told(case: Case) -> None:
    """Under the lock, when it can not change any more; what was not recorded is given back."""
    case.queues.with_count(8).renumber(Numbering(count=8))
    with pytest.raises(QueuesRenumbered) as changed:
        case.push((1, b"a"))
    assert (changed.value.count, changed.value.entries) == (8, [(1, b"a")])
    case.direct.push([(5, b"a")], 8)
    assert case.engine.recorded(5) == [b"a"]


def test_without_a_broker_they_are_recorded_all_the_same(case: Case) -> None:
    """It is not asked for each of them; and not where something was seen waiting, which they would overtake."""
    case.queues.push([(1, b"%d" % number) for number in range(4)])
    case.push((1, b"4"))
    case.queues.become("away")
    case.push((2, b"a"))
    case.queues.become(None)
    case.push((2, b"b"))
    assert case.engine.recorded(LEDGER) == [b"a", b"b"], "not asked again for a moment"
    case.queues.become("away")
    with pytest.raises(NotAllPushed, match="away"):
        case.push((1, b"5"))
    case.queues.become(None)
    case.clock.advance(2)
    case.push((2, b"c"))
    assert case.engine.recorded(2) == [b"c"]


def test_a_broker_that_fails_afterwards_undoes_nothing(case: Case) -> None:
    """What is committed is accepted; what stays in the queue is known to the ledger."""
    case.queues.push([(1, b"1")])

    def away() -> None:
        case.queues.become("away")

    case.engine.meanwhile = away
    case.push((1, b"2"))
    assert case.engine.recorded(1) == [b"1", b"2"]
