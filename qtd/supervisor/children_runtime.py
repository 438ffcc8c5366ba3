"""Workers as child processes, for machines without systemd: watched as systemd would, and gone with the supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

from qtd.clock import Clock
from qtd.supervisor.runtime import Phase, WorkerState
from qtd.systemd.notify_socket import NotifySocket
from qtd.worker.parent import PARENT

#: What a process has to show its stack before it is killed, in seconds.
LAST_WORDS_SECONDS: Final = 10.0
#: Seconds between two looks at processes that are to end.
_LOOK_SECONDS: Final = 0.05


@dataclass(kw_only=True, slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    phase: Phase
    #: monotonic time of the last sign of life
    heard: float
    #: monotonic time at which it is killed, if it was told to end
    killed_at: float | None = None
    #: to be started again when it has ended
    again: bool = False
    cause: str = ""


class ChildrenRuntime:
    """See `Runtime`; `workers` is what looks after the children, so it has to be called regularly."""

    name = "children"

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        *,
        folder: Path,
        clock: Clock,
        watchdog_seconds: float,
        stop_seconds: float,
    ) -> None:
        self._command = command
        self._clock = clock
        self._watchdog = watchdog_seconds
        self._stop_seconds = stop_seconds
        self._socket = NotifySocket(folder / "notify")
        self._children: dict[int, _Child] = {}

    def workers(self) -> Mapping[int, WorkerState]:
        """See `Runtime.workers`."""
        now = self._clock.monotonic()
        by_pid = {child.process.pid: child for child in self._children.values()}
        for message in self._socket.received():
            if (child := by_pid.get(message.pid)) is not None:
                child.heard = now
                if "READY" in message.values and child.phase is Phase.STARTING:
                    child.phase = Phase.RUNNING
        for worker, child in list(self._children.items()):
            self._look_after(worker, child, now)
        return {
            worker: WorkerState(phase=child.phase, cause=child.cause)
            for worker, child in self._children.items()
        }

    def start(self, worker: int) -> None:
        """See `Runtime.start`."""
        environ = os.environ | {
            "NOTIFY_SOCKET": str(self._socket.path),
            "WATCHDOG_USEC": str(int(self._watchdog * 1e6)),
            PARENT: str(os.getpid()),
        }
        # A group of its own: the terminal's interrupt is for us, and passed on once.
        process = subprocess.Popen(self._command(worker), env=environ, process_group=0)  # noqa: S603 - our own
        self._children[worker] = _Child(process=process, phase=Phase.STARTING, heard=self._clock.monotonic())

    def stop(self, worker: int) -> None:
        """See `Runtime.stop`."""
        if (child := self._children.get(worker)) is not None:
            self._end(child, again=False)

    def restart(self, worker: int) -> None:
        """See `Runtime.restart`."""
        if (child := self._children.get(worker)) is not None:
            self._end(child, again=True)

    def show_stack(self, worker: int) -> None:
        """See `Runtime.show_stack`."""
        child = self._children.get(worker)
        if child is not None and child.process.poll() is None:
            child.process.send_signal(signal.SIGQUIT)

    def close(self) -> None:
        """See `Runtime.close`: ends the workers, each after its batch."""
        for child in self._children.values():
            if child.phase is not Phase.FAILED:
                self._end(child, again=False)
        while self._children and any(state.phase is not Phase.FAILED for state in self.workers().values()):
            self._clock.wait(_LOOK_SECONDS, Event())
        self._socket.close()

    def _end(self, child: _Child, *, again: bool) -> None:
        child.again = again
        if child.phase is not Phase.STOPPING:
            child.phase = Phase.STOPPING
            child.killed_at = self._clock.monotonic() + self._stop_seconds
            child.process.terminate()

    def _look_after(self, worker: int, child: _Child, now: float) -> None:
        if child.phase is Phase.FAILED:
            return
        status = child.process.poll()
        if status is not None:
            self._ended(worker, child, status)
        elif child.killed_at is not None:
            if now >= child.killed_at:
                child.process.kill()
        elif child.phase is Phase.RUNNING and now - child.heard > self._watchdog:
            child.cause = f"silent for {now - child.heard:.0f} s; "
            child.killed_at = now + LAST_WORDS_SECONDS
            child.process.send_signal(signal.SIGABRT)

    def _ended(self, worker: int, child: _Child, status: int) -> None:
        if child.phase is Phase.STOPPING:
            del self._children[worker]
            if child.again:
                self.start(worker)
            return
        child.phase = Phase.FAILED
        child.cause += f"signal {-status}" if status < 0 else f"exit code {status}"
