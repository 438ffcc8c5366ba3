"""Several processes that serve: replaced when one dies or hangs, ended together."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import pytest

from qtd.clock import SystemClock
from qtd.ingest import processes
from qtd.ingest.counters import Counters
from qtd.ingest.processes import Processes
from qtd.ingest.pulse import Pulse
from qtd.log.event import Event
from qtd.log.events.process import ProcessDied, ProcessStuck, Stopping
from tests.kept_log import KeptLog


class Script:
    """A pulse that does something at certain beats of the whole."""

    def __init__(self, *steps: Callable[[Counters], bool]) -> None:
        self._steps = list(steps)
        self.stopped = 0

    def beat(self, counters: Counters) -> None:
        """Do the next step, again and again until it says that it is done; at the end ask ourselves to end."""
        if self._steps and self._steps[0](counters):
            self._steps.pop(0)
        if not self._steps:
            os.kill(os.getpid(), signal.SIGTERM)

    def stopping(self) -> None:
        """Count."""
        self.stopped += 1


class LockedLog(KeptLog):
    """A log that is written under a lock, as a stream's is."""

    def __init__(self, lock: Lock) -> None:
        super().__init__()
        self._lock = lock

    def emit(self, event: Event, *, error: BaseException | None = None) -> None:
        """Keep it, or fail the test."""
        assert self._lock.acquire(timeout=20), "logged by a handler, in the middle of logging"
        super().emit(event, error=error)
        self._lock.release()


def served(pids: Path) -> Callable[[Pulse], None]:
    """A process that notes its number and beats, until it is told to end."""

    def run(pulse: Pulse) -> None:
        (pids / str(os.getpid())).touch()
        counters = Counters()
        while True:
            counters.accepted += 1
            pulse.beat(counters)
            time.sleep(0.02)

    return run


def alive(pids: Path) -> list[int]:
    """The numbers of all processes there ever were that still exist."""
    found = []
    for file in pids.iterdir():
        try:
            os.kill(int(file.name), 0)
        except ProcessLookupError:
            continue
        found.append(int(file.name))
    return found


def run(
    pids: Path, monkeypatch: pytest.MonkeyPatch, *steps: Callable[[Counters], bool]
) -> tuple[Script, KeptLog]:
    """Run two processes through a script."""
    monkeypatch.setattr(processes, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(processes, "RESTART_PAUSE_SECONDS", 0.0)
    script, logger = Script(*steps), KeptLog()
    Processes(2, served(pids), pulse=script, clock=SystemClock(), log=logger).run()
    return script, logger


def test_all_end_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When asked to, after all have begun; their counts are summed."""
    script, logger = run(tmp_path, monkeypatch, lambda counters: counters.accepted > 2)
    assert [type(event) for event in logger.events] == [Stopping]
    assert script.stopped == 1
    assert len(list(tmp_path.iterdir())) == 2
    assert alive(tmp_path) == []


def test_one_that_dies_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others go on, and what it had counted stays counted."""

    def kill_one(_counters: Counters) -> bool:
        os.kill(alive(tmp_path)[0], signal.SIGKILL)
        return True

    _, logger = run(tmp_path, monkeypatch, kill_one, lambda _: len(list(tmp_path.iterdir())) == 3)
    assert [event.status for event in logger.of(ProcessDied)] == [-signal.SIGKILL]
    assert alive(tmp_path) == []


def test_one_that_hangs_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen process does not even hear that it is to show its stack; it is killed."""
    monkeypatch.setattr(processes, "STUCK_SECONDS", 0.5)
    monkeypatch.setattr(processes, "LAST_WORDS_SECONDS", 0.2)

    def freeze_one(_counters: Counters) -> bool:
        os.kill(alive(tmp_path)[0], signal.SIGSTOP)
        return True

    _, logger = run(tmp_path, monkeypatch, freeze_one, lambda _: len(list(tmp_path.iterdir())) == 3)
    assert [type(event) for event in logger.events] == [ProcessStuck, ProcessDied, Stopping]
    assert alive(tmp_path) == []


def test_told_in_the_middle_of_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal while the log's lock is held waits for nothing; told again and again, all end once."""

    def told_while_logging(_counters: Counters) -> bool:
        with logging_lock:
            for _ in range(3):
                signal.raise_signal(signal.SIGTERM)
        return True

    logging_lock = Lock()
    script, logger = Script(told_while_logging), LockedLog(logging_lock)
    monkeypatch.setattr(processes, "BEAT_SECONDS", 0.05)
    Processes(2, served(tmp_path), pulse=script, clock=SystemClock(), log=logger).run()
    assert [type(event) for event in logger.events] == [Stopping]
    assert script.stopped == 1
    assert alive(tmp_path) == []
