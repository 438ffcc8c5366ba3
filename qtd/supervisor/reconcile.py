"""Wanted against running: starts what is missing, stops what is too many, restarts one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from qtd.clock import Clock
from qtd.log.events.supervisor import (
    WorkerAskedToRestart,
    WorkerAskedToStart,
    WorkerAskedToStop,
    WorkerFailed,
)
from qtd.log.logger import Logger
from qtd.supervisor.runtime import Phase, Runtime, WorkerState
from qtd.worker.backoff import Backoff

#: A worker that has run for so long did not fail at its start: its next failure is a first one. In seconds.
SETTLED_SECONDS: Final = 30.0


class Reconciliation:
    """Brings the workers of a runtime to the wanted number, 1 to `wanted`; one line in the log for each step."""

    def __init__(self, runtime: Runtime, *, clock: Clock, logger: Logger, random: Random) -> None:
        self._runtime = runtime
        self._clock = clock
        self._logger = logger
        self._random = random
        self._backoffs: dict[int, Backoff] = {}
        #: worker -> when it may be started again, or since when it runs; monotonic
        self._due: dict[int, float] = {}
        self._running_since: dict[int, float] = {}
        self._to_restart: list[int] = []
        self._restart_reason = ""

    def restart_all(self, reason: str) -> None:
        """Have every worker restarted, one after the other, so that the queues are always looked after."""
        self._to_restart = sorted(self._runtime.workers())
        self._restart_reason = reason

    def restart(self, worker: int, reason: str) -> None:
        """Have one worker restarted, with its stack in the log."""
        self._logger.emit(WorkerAskedToRestart(worker=worker, reason=reason))
        self._runtime.show_stack(worker)
        self._runtime.restart(worker)

    def step(self, wanted: int) -> Mapping[int, WorkerState]:
        """Look at the workers and do what is to be done now; returns them as they were found.

        Raises:
            ServiceManagerUnavailable: some of it may have been done.
        """
        workers = self._runtime.workers()
        now = self._clock.monotonic()
        for worker in range(1, wanted + 1):
            state = workers.get(worker)
            self._settle(worker, state, now)
            if state is None:
                self._start(worker, _number(wanted, "wanted"))
            elif state.phase is Phase.FAILED and self._may_start(worker, state, now):
                self._start(worker, "it failed")
        for worker, state in workers.items():
            if worker > wanted and state.phase in (Phase.STARTING, Phase.RUNNING):
                self._logger.emit(WorkerAskedToStop(worker=worker, reason=_number(wanted, "enough")))
                self._runtime.stop(worker)
        self._restart_next(workers, wanted)
        return workers

    def _start(self, worker: int, reason: str) -> None:
        self._logger.emit(WorkerAskedToStart(worker=worker, reason=reason))
        self._runtime.start(worker)

    def _settle(self, worker: int, state: WorkerState | None, now: float) -> None:
        if state is None or state.phase is not Phase.RUNNING:
            self._running_since.pop(worker, None)
        elif now - self._running_since.setdefault(worker, now) >= SETTLED_SECONDS:
            self._backoffs.pop(worker, None)
            self._due.pop(worker, None)

    def _may_start(self, worker: int, state: WorkerState, now: float) -> bool:
        """Say whether a failed worker's pause is over; begin the pause where it has only just failed."""
        if worker not in self._due:
            backoff = self._backoffs.setdefault(worker, Backoff(least=1.0, most=60.0, random=self._random))
            pause = backoff.failed()
            self._due[worker] = now + pause
            self._logger.emit(WorkerFailed(worker=worker, cause=state.cause, pause_seconds=round(pause, 1)))
        if now < self._due[worker]:
            return False
        del self._due[worker]
        return True

    def _restart_next(self, workers: Mapping[int, WorkerState], wanted: int) -> None:
        """Restart the next one when all that are wanted run: one that does not come back stops the row."""
        all_run = all(
            worker in workers and workers[worker].phase is Phase.RUNNING for worker in range(1, wanted + 1)
        )
        while self._to_restart and all_run:
            worker = self._to_restart.pop(0)
            if worker <= wanted:
                self._logger.emit(WorkerAskedToRestart(worker=worker, reason=self._restart_reason))
                self._runtime.restart(worker)
                return


def _number(wanted: int, what: str) -> str:
    return f"{wanted} {'is' if wanted == 1 else 'are'} {what}"
