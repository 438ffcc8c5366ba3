"""Emptying queues again and again."""

from __future__ import annotations

import pytest

from qtd.errors import DatabaseUnavailable, Transient
from qtd.worker.cycles import Cycles
from qtd.worker.drain import Drain
from tests.unit.worker.test_drain import Draining


class Cycling(Draining):
    """Its three queues, emptied several times; entries are pushed in the pauses."""

    def __init__(self, *, least: int = 10, count: int = 1) -> None:
        super().__init__()
        #: queue and entries that come in each pause
        self.coming: list[tuple[int, int]] = []
        self.pauses: list[float] = []
        self.cycles = Cycles(
            lambda asked: Drain((0, 1, 2), self.step, self.stop, least=asked),
            least=least,
            count=count,
            pause_seconds=4,
            clock=self.clock,
            stop=self.stop,
        )
        moved = self.clock.wait

        def wait(seconds: float, until: object) -> bool:
            self.pauses.append(seconds)
            if self.coming:
                self.push(*self.coming.pop(0))
            else:
                self.stop.set()
            return moved(seconds, until)  # type: ignore[arg-type]

        self.clock.wait = wait  # type: ignore[method-assign]

    def run(self) -> None:
        """Let each drain run once."""
        self.cycles.run(Drain.run)


def test_what_is_too_few_is_left() -> None:
    """As by the plugin: whole batches are taken, and the rest waits for others to join it."""
    cycling = Cycling()
    cycling.push(0, 25)
    cycling.push(2, 3)
    cycling.run()
    assert cycling.cycles.finished
    assert cycling.engine.sizes == [(0, 10), (0, 10)]
    assert cycling.queues.lengths() == [5, 0, 3]
    assert cycling.pauses == []


def test_each_cycle_takes_what_has_come() -> None:
    """So many as asked for, with a pause between two, and everything is counted."""
    cycling = Cycling(least=1, count=3)
    cycling.push(0, 2)
    cycling.coming = [(1, 3), (2, 4)]
    cycling.run()
    assert cycling.cycles.finished
    assert cycling.engine.sizes == [(0, 2), (1, 3), (2, 4)]
    assert cycling.cycles.total.recorded == 9
    assert cycling.pauses == [4, 4]


def test_what_is_too_few_for_long_is_taken() -> None:
    """When ten seconds have brought nothing, the rest is not left waiting for ever: as the plugin's command does."""
    cycling = Cycling(count=5)
    cycling.push(0, 12)
    cycling.coming = [(1, 1)] * 4
    cycling.run()
    assert cycling.engine.sizes == [(0, 10), (0, 2), (1, 3)]
    assert cycling.queues.lengths() == [0, 1, 0]


def test_cycles_without_number_end_when_told_to() -> None:
    """That is their end, not an interruption; cycles with a number are not finished then."""
    endless, counted = Cycling(count=0), Cycling(count=9)
    endless.coming, counted.coming = [(0, 10)], [(0, 10)]
    endless.run()
    counted.run()
    assert endless.engine.sizes == counted.engine.sizes == [(0, 10)]
    assert endless.cycles.finished
    assert not counted.cycles.finished


def test_a_stop_in_the_middle_is_not_finished() -> None:
    """Though it was the last cycle."""
    cycling = Cycling(least=1)
    cycling.push(0, 25)
    cycling.engine.meanwhile = cycling.stop.set
    cycling.run()
    assert not cycling.cycles.finished
    assert cycling.cycles.total.recorded == 10


def test_what_fails_ends_it_and_is_counted_until_then() -> None:
    """An error of a drain is the error of all."""
    cycling = Cycling(least=1, count=3)
    cycling.push(0, 2)
    cycling.push(2, 2)
    cycling.engine.failures[2] = [DatabaseUnavailable("gone")]
    with pytest.raises(Transient, match="gone"):
        cycling.run()
    assert cycling.cycles.total.recorded == 2
    assert not cycling.cycles.finished


def test_queues_of_others_are_named() -> None:
    """Those of the last cycle."""
    cycling = Cycling(least=1)
    cycling.queues.acquire(1, 60)
    cycling.push(1, 1)
    cycling.run()
    assert cycling.cycles.finished
    assert cycling.cycles.busy == [1]
