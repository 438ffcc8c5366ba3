"""Child processes as workers: real ones, small ones."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from qtd.clock import SystemClock
from qtd.supervisor.children_runtime import ChildrenRuntime
from qtd.supervisor.runtime import Phase, WorkerState

#: Ready at once; then as the first argument says: `works` (a sign of life now and then), `hangs`, `dies`, `stays`
#: (does not hear SIGTERM). The second is where its number and its stack go.
CHILD = """
import faulthandler, os, signal, sys, time
from qtd.systemd.notifier import Notifier
log = open(sys.argv[2], "a")
faulthandler.enable(log)
faulthandler.register(signal.SIGQUIT, log)
print(os.getpid(), file=log, flush=True)
notifier = Notifier.from_environment()
assert "NOTIFY_SOCKET" not in os.environ
signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[1] == "stays" else lambda *_: sys.exit(0))
notifier.ready("up")
if sys.argv[1] == "dies":
    sys.exit(3)
while True:
    time.sleep(0.05)
    if sys.argv[1] != "hangs":
        notifier.alive()
"""

Make = Callable[[str], ChildrenRuntime]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Make runtimes whose workers behave as told, and end them."""
    made: list[ChildrenRuntime] = []

    def runtime(how: str) -> ChildrenRuntime:
        made.append(
            ChildrenRuntime(
                lambda number: [sys.executable, "-c", CHILD, how, str(tmp_path / f"log{number}")],
                folder=tmp_path,
                clock=SystemClock(),
                watchdog_seconds=1,
                stop_seconds=2,
            )
        )
        return made[-1]

    yield runtime
    for one in made:
        one.close()


def until(
    runtime: ChildrenRuntime, reached: Callable[[Mapping[int, WorkerState]], bool]
) -> Mapping[int, WorkerState]:
    """Look after the children until something is reached."""
    end = time.monotonic() + 30
    while not reached(workers := runtime.workers()):
        assert time.monotonic() < end, workers
        time.sleep(0.01)
    return workers


def phases(workers: Mapping[int, WorkerState]) -> dict[int, Phase]:
    """Without causes."""
    return {number: state.phase for number, state in workers.items()}


def test_a_worker_starts_runs_shows_its_stack_restarts_and_stops(make: Make, tmp_path: Path) -> None:
    """It runs when it says so; restarted it is another process; stopped it is no more."""
    runtime = make("works")
    runtime.start(1)
    assert phases(runtime.workers()) == {1: Phase.STARTING}
    until(runtime, lambda workers: phases(workers) == {1: Phase.RUNNING})
    runtime.show_stack(1)
    log = tmp_path / "log1"
    until(runtime, lambda _: "<module>" in log.read_text())
    runtime.restart(1)
    assert phases(runtime.workers())[1] in (Phase.STOPPING, Phase.STARTING)
    until(runtime, lambda workers: phases(workers) == {1: Phase.RUNNING})
    assert len({line for line in log.read_text().splitlines() if line.isdigit()}) == 2
    runtime.stop(1)
    until(runtime, lambda workers: not workers)


def test_a_worker_that_dies_has_failed(make: Make) -> None:
    """With its exit code; whoever wants it starts it again."""
    runtime = make("dies")
    runtime.start(2)
    workers = until(runtime, lambda workers: phases(workers) == {2: Phase.FAILED})
    assert workers[2].cause == "exit code 3"
    runtime.start(2)
    until(runtime, lambda workers: phases(workers) == {2: Phase.FAILED})


def test_a_worker_that_hangs_shows_its_stack_and_has_failed(make: Make, tmp_path: Path) -> None:
    """The watchdog is ours here: SIGABRT, which Python answers with the stack."""
    runtime = make("hangs")
    runtime.start(1)
    workers = until(runtime, lambda workers: phases(workers) == {1: Phase.FAILED})
    assert workers[1].cause.startswith("silent for ")
    assert workers[1].cause.endswith("signal 6")
    assert "Fatal Python error: Aborted" in (tmp_path / "log1").read_text()


def test_the_end_does_not_wait_for_ever(make: Make) -> None:
    """A worker that does not hear is killed after its time."""
    runtime = make("stays")
    runtime.start(1)
    until(runtime, lambda workers: phases(workers) == {1: Phase.RUNNING})
    began = time.monotonic()
    runtime.close()
    assert 1.9 <= time.monotonic() - began < 10
