"""One batch, step by step."""

from __future__ import annotations

import pytest

from qtd.errors import BrokerUnavailable, DatabaseUnavailable, LockLost
from qtd.log.events.dead_letters import EntryDead
from qtd.log.events.worker import BatchApplied
from qtd.store.native import BatchResult
from qtd.worker.batch import BatchStep, Hold
from tests.unit.worker.ground import Ground


class Bench(Ground):
    """A step over two queues, with batches of three that take a quarter of a second."""

    def __init__(self) -> None:
        super().__init__(count=2, max_requests=3, seconds=0.25)

    def take(self) -> Hold:
        """Take queue 1."""
        lock = self.queues.acquire(1, 60)
        assert lock is not None
        return Hold(lock=lock, fence=self.engine.fence(1))


@pytest.fixture
def bench() -> Bench:
    """Give a step with five entries waiting in queue 1."""
    made = Bench()
    made.queues.push([(1, entry) for entry in (b"a", b"b", b"c", b"d", b"e")])
    return made


def test_batches_go_in_order_until_nothing_waits(bench: Bench) -> None:
    """At most `max_requests` at a time, from the head, off the queue when recorded; then None."""
    hold = bench.take()
    results = [bench.step.run(hold) for _ in range(3)]
    assert [result and result.recorded for result in results] == [3, 2, None]
    assert bench.engine.batches == [(1, [b"a", b"b", b"c"]), (1, [b"d", b"e"])]
    assert bench.queues.lengths() == [0, 0]


def test_a_limit_makes_a_batch_smaller_but_not_larger(bench: Bench) -> None:
    """Who wants a certain number of entries gets no more; a batch stays a batch."""
    hold = bench.take()
    for limit in (1, 100):
        bench.step.run(hold, limit)
    assert bench.engine.sizes == [(1, 1), (1, 3)]


def test_a_failure_leaves_everything_where_it_is(bench: Bench) -> None:
    """What was not recorded stays in the queue, in its order, and nothing is said to be applied."""
    bench.engine.failures[1] = [DatabaseUnavailable("gone")]
    hold = bench.take()
    with pytest.raises(DatabaseUnavailable):
        bench.step.run(hold)
    assert bench.queues.read(1, 10) == [b"a", b"b", b"c", b"d", b"e"]
    assert bench.log.events == []


def test_a_lock_lost_before_the_batch_stops_it(bench: Bench) -> None:
    """Whoever was frozen for too long finds out before he writes anything."""
    hold = bench.take()
    bench.clock.advance(61)
    with pytest.raises(LockLost):
        bench.step.run(hold)
    assert bench.engine.batches == []


def test_the_lock_is_good_for_a_whole_step(bench: Bench) -> None:
    """A lock that was about to expire is extended before the batch, so that the batch can be trimmed."""
    hold = bench.take()
    bench.clock.advance(59)
    bench.engine.meanwhile = lambda: bench.clock.advance(59)
    assert bench.step.run(hold) is not None
    assert bench.queues.lengths() == [0, 2]


def test_a_lock_lost_during_the_batch_keeps_the_entries(bench: Bench) -> None:
    """Recorded but not ours to trim: they stay for the next one, whose ledger knows them."""
    hold = bench.take()
    bench.engine.meanwhile = lambda: bench.clock.advance(61)
    with pytest.raises(LockLost):
        bench.step.run(hold)
    assert bench.queues.lengths() == [0, 5]
    bench.engine.meanwhile = lambda: None
    again = bench.step.run(bench.take())
    assert again == BatchResult(recorded=0, repeated=3)


def test_the_log_tells_of_the_batch_and_of_each_dead_entry(bench: Bench) -> None:
    """Counts that add up, the time that it took, and a line of its own for what was given up."""
    made = BatchResult(recorded=5, excluded=2, dead=1, repeated=4, dead_entries=(("#1", "damaged"),))
    made.rules.update({"bot": 1, "prefetch": 1})

    class Says:
        def fence(self, queue: int) -> int:
            return queue

        def record(self, queue: int, stored: object, *, fence: int | None) -> BatchResult:
            del queue, stored, fence
            bench.clock.advance(0.5)
            return made

    step = BatchStep(
        queues=bench.queues,
        recorder=Says(),
        clock=bench.clock,
        logger=bench.log,
        max_requests=3,
        lock_seconds=60,
    )
    step.run(bench.take())
    assert bench.log.events == [
        EntryDead(queue=1, entry="#1", cause="damaged"),
        BatchApplied(
            queue=1,
            entries=3,
            requests=12,
            recorded=5,
            excluded=2,
            rules="bot 1, prefetch 1",
            dead=1,
            seconds=0.5,
        ),
    ]


def test_a_queue_is_held_and_given_back(bench: Bench) -> None:
    """One holder at a time; the lock is free again after the work, and after an error in it."""
    with bench.step.hold(1) as hold:
        assert hold is not None
        with bench.step.hold(1) as second:
            assert second is None
    with pytest.raises(DatabaseUnavailable), bench.step.hold(1):
        raise DatabaseUnavailable
    assert bench.queues.acquire(1, 60) is not None


def test_the_error_that_ended_the_work_is_the_one_that_is_told(bench: Bench) -> None:
    """That the lock can not be given back to a broker that is away hides nothing, and fails nothing that was done."""

    def fail() -> None:
        with bench.step.hold(1):
            bench.queues.become("away")
            raise DatabaseUnavailable

    with pytest.raises(DatabaseUnavailable):
        fail()
    bench.queues.become(None)
    with bench.step.hold(0):
        bench.queues.become("away")
    with pytest.raises(BrokerUnavailable), bench.step.hold(0):
        pytest.fail("the lock could not be asked for")


def test_a_worker_whose_fence_is_old_neither_records_nor_trims(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the broker lets two workers believe that they have a queue, the later one has it."""
    with bench.step.hold(1) as first:
        assert first is not None
        bench.clock.advance(61)
        monkeypatch.setattr(bench.queues, "extend", lambda *_: None)
        with bench.step.hold(1) as second:
            assert second is not None
            with pytest.raises(LockLost):
                bench.step.run(first)
            assert bench.engine.batches == []
            assert bench.queues.lengths() == [0, 5]
            bench.step.run(second)
    assert bench.engine.batches == [(1, [b"a", b"b", b"c"])]
    assert bench.queues.lengths() == [0, 2]


def test_a_fence_that_can_not_be_taken_gives_the_lock_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away does not leave the queue locked until the lock expires."""

    def away(_queue: int) -> int:
        raise DatabaseUnavailable

    monkeypatch.setattr(bench.engine, "fence", away)
    with pytest.raises(DatabaseUnavailable), bench.step.hold(1):
        pytest.fail("there is no fence")
    assert bench.queues.acquire(1, 60) is not None
