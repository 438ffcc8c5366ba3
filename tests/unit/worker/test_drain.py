"""Emptying queues once."""

from __future__ import annotations

from threading import Event

import pytest

from qtd.errors import DatabaseConflict, DatabaseUnavailable, Transient
from qtd.log.events.process import Reached, Waiting
from qtd.log.events.worker import BatchRetried
from qtd.worker.drain import Drain
from tests.unit.worker.ground import Ground


class Draining(Ground):
    """Three queues, emptied in batches of ten."""

    def __init__(self) -> None:
        super().__init__(count=3, max_requests=10)
        self.drain = self.of(0, 1, 2)

    def of(self, *numbers: int) -> Drain:
        """Some queues to empty."""
        return Drain(numbers, self.step, self.stop)

    def persist(self, *, give_up: bool = False) -> None:
        """Empty them through whatever passes."""
        self.drain.persist(
            broker=self.outage("redis"),
            database=self.outage("database"),
            backoff=self.backoff(),
            give_up=give_up,
        )


@pytest.fixture
def draining() -> Draining:
    """Give queues with 25, 0 and 3 entries."""
    made = Draining()
    made.push(0, 25)
    made.push(2, 3)
    return made


def test_all_queues_are_emptied(draining: Draining) -> None:
    """Everything is recorded in order, in batches, and counted; the locks are free again."""
    draining.drain.run()
    assert draining.drain.finished
    assert draining.engine.sizes == [(0, 10), (0, 10), (0, 5), (2, 3)]
    assert draining.drain.total.recorded == 28
    assert draining.queues.lengths() == [0, 0, 0]
    assert [state.lock_holder for state in draining.queues.states()] == [None] * 3


def test_it_ends_though_entries_keep_coming(draining: Draining) -> None:
    """What arrives meanwhile is left to the next run: else a busy site's cron job would never end."""
    draining.engine.meanwhile = lambda: draining.push(0, 10)
    draining.drain.run()
    assert draining.drain.finished
    assert draining.engine.sizes == [(0, 10), (0, 10), (0, 5), (2, 3)]
    assert draining.queues.lengths() == [40, 0, 0]


def test_only_the_queues_that_are_named(draining: Draining) -> None:
    """The others are not touched."""
    drain = draining.of(2)
    drain.run()
    assert drain.finished
    assert draining.queues.lengths() == [25, 0, 0]


def test_queues_of_others_are_left_to_them(draining: Draining) -> None:
    """A queue that is held, or whose lock is lost on the way, is somebody else's; the rest is done."""
    draining.queues.acquire(0, 3600)
    draining.drain.run()
    assert draining.drain.finished
    assert draining.drain.busy == [0]
    assert draining.engine.sizes == [(2, 3)]
    draining.push(1, 5)
    drain = draining.of(1)
    draining.engine.meanwhile = lambda: draining.clock.advance(61)
    drain.run()
    assert drain.finished
    assert drain.busy == [1]


def test_a_stop_finishes_the_batch(draining: Draining) -> None:
    """Told to stop, it records and trims what it has begun, and says that it is not finished."""
    draining.engine.meanwhile = draining.stop.set
    draining.drain.run()
    assert not draining.drain.finished
    assert draining.queues.lengths() == [15, 0, 3]
    assert draining.queues.states()[0].lock_holder is None


def test_a_stop_after_the_last_batch_comes_too_late(draining: Draining) -> None:
    """When everything is done it is finished, whoever asked to stop."""
    drain = draining.of(2)
    draining.engine.meanwhile = draining.stop.set
    drain.run()
    assert drain.finished


def test_it_goes_on_after_an_outage(draining: Draining) -> None:
    """What was recorded before is not recorded again, pauses are told, and so is the end."""
    draining.engine.failures[2] = [DatabaseUnavailable("gone")] * 2
    draining.persist()
    assert draining.drain.finished
    assert draining.drain.total.recorded == 28
    assert draining.drain.total.repeated == 0
    kinds = [type(event) for event in draining.log.events if isinstance(event, Waiting | Reached)]
    assert kinds == [Waiting, Waiting, Reached]


def test_it_gives_up_where_it_is_told_to(draining: Draining) -> None:
    """With `give_up` an outage is an error, a conflict is not: it passes."""
    draining.engine.failures[0] = [DatabaseConflict("deadlock")]
    draining.engine.failures[2] = [DatabaseUnavailable("gone")]
    with pytest.raises(Transient, match="gone"):
        draining.persist(give_up=True)
    assert draining.drain.total.recorded == 25
    (retried,) = [event for event in draining.log.events if isinstance(event, BatchRetried)]
    assert (retried.queue, retried.attempt, retried.cause) == (0, 1, "deadlock")


def test_a_stop_ends_the_waiting(draining: Draining) -> None:
    """Who waits for a database that does not come back ends when asked to."""
    draining.engine.failures[0] = [DatabaseUnavailable("gone")] * 3

    def told(seconds: float, until: Event) -> bool:
        del seconds
        until.set()
        return True

    draining.clock.wait = told  # type: ignore[method-assign]
    draining.persist()
    assert not draining.drain.finished
    assert draining.queues.lengths() == [25, 0, 3]
