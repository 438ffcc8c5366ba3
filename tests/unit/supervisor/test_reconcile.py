"""Wanted against running."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from qtd.log.events.supervisor import (
    WorkerAskedToRestart,
    WorkerAskedToStart,
    WorkerAskedToStop,
    WorkerFailed,
)
from qtd.supervisor.reconcile import Reconciliation
from qtd.supervisor.runtime import Phase, WorkerState
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog
from tests.unit.supervisor.fakes import RUNS, FakeRuntime


class Case:
    """A reconciliation with its surroundings."""

    def __init__(self) -> None:
        self.runtime, self.clock, self.logger = FakeRuntime(), FakeClock(), KeptLog()
        self.reconciliation = Reconciliation(
            self.runtime, clock=self.clock, logger=self.logger, random=Random(1)
        )

    def seconds(self, count: int, *, wanted: int = 1) -> list[int]:
        """Look each second; return when something was asked of the runtime."""
        moments = []
        for second in range(count):
            before = len(self.runtime.asked)
            self.reconciliation.step(wanted)
            if len(self.runtime.asked) > before:
                moments.append(second)
            self.clock.advance(1)
        return moments


@pytest.fixture
def case() -> Case:
    """Give a reconciliation without any worker."""
    return Case()


def test_what_is_missing_is_started_and_what_is_too_many_stopped(case: Case) -> None:
    """Each with a line of its own and the reason; where all is as wanted, nothing is said."""
    case.runtime.found = {2: RUNS}
    case.reconciliation.step(3)
    case.reconciliation.step(3)
    assert case.runtime.asked == [("start", 1), ("start", 3)]
    case.reconciliation.step(1)
    assert case.runtime.asked[2:] == [("stop", 2), ("stop", 3)]
    assert case.logger.events == [
        WorkerAskedToStart(worker=1, reason="3 are wanted"),
        WorkerAskedToStart(worker=3, reason="3 are wanted"),
        WorkerAskedToStop(worker=2, reason="1 is enough"),
        WorkerAskedToStop(worker=3, reason="1 is enough"),
    ]


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.STOPPING])
def test_what_is_under_way_is_left_alone(case: Case, phase: Phase) -> None:
    """A worker that starts is not started; one that stops is started when it has stopped, if it is wanted."""
    case.runtime.found = {1: WorkerState(phase=phase)}
    assert case.seconds(10) == []
    if phase is Phase.STOPPING:
        assert case.seconds(10, wanted=0) == []
        case.runtime.found = {}
        assert case.seconds(1) == [0]


def test_failures_are_paced(case: Case) -> None:
    """A worker that can not live is started ever more seldom, up to a minute; each pause has its line."""
    failed = WorkerState(phase=Phase.FAILED, cause="exit code 1")
    moments = []
    for second in range(200):
        case.runtime.found = {1: failed}
        moments += [second] if case.seconds(1) else []
    gaps = [b - a for a, b in pairwise([0, *moments])]
    for full, gap in zip((1, 2, 4, 8, 16, 32, 60, 60), gaps, strict=False):
        assert full / 2 <= gap <= full + 1
    assert len(gaps) >= 6
    lines = case.logger.of(WorkerFailed)
    assert len(lines) in (len(moments), len(moments) + 1)
    assert lines[0].cause == "exit code 1"


def test_a_worker_that_has_lived_is_started_soon(case: Case) -> None:
    """After half a minute of running, a failure is a first one again."""
    failed = {1: WorkerState(phase=Phase.FAILED, cause="signal 9")}
    for _ in range(60):
        case.runtime.found = dict(failed)
        case.seconds(1)
    case.runtime.found = {1: RUNS}
    case.seconds(31)
    case.runtime.found = dict(failed)
    case.seconds(3)
    assert case.logger.of(WorkerFailed)[-1].pause_seconds <= 1


def test_all_are_restarted_one_after_the_other(case: Case) -> None:
    """The next one when all run again, so that one that does not come back stops the row."""
    case.runtime.found = {1: RUNS, 2: RUNS, 3: RUNS}
    case.reconciliation.restart_all("changed")
    case.seconds(5, wanted=3)
    assert case.runtime.asked == [("restart", 1)]
    case.runtime.found[1] = RUNS
    case.seconds(5, wanted=2)
    assert case.runtime.asked[1:] == [("stop", 3), ("restart", 2)]
    case.runtime.found[2] = RUNS
    case.seconds(5, wanted=2)
    assert case.runtime.asked[3:] == []


def test_one_that_hangs_shows_its_stack_first(case: Case) -> None:
    """Then it is restarted."""
    case.reconciliation.restart(2, "queue 1 has not moved")
    assert case.runtime.asked == [("stack", 2), ("restart", 2)]
    assert case.logger.events == [WorkerAskedToRestart(worker=2, reason="queue 1 has not moved")]
