"""A server's process: started until it answers, stopped, killed, frozen, started again on the same data."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

#: Seconds in which a server must have begun to answer, or have ended; a loaded machine is slow.
PATIENCE = 60.0


class ServerError(Exception):
    """A server for the tests does not start or stop as it should."""


def binary(name: str, package: str) -> str:
    """Return the program's path, or say what to install."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is None:
        raise ServerError(f"{name} is not there: install {package} (`make test` does)")
    return path


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """One process running `command`, its output in `log`; `answers` tells whether it is ready."""

    def __init__(self, command: Sequence[str], *, log: Path, answers: Callable[[], bool]) -> None:
        self._command = list(command)
        self._log = log
        self._answers = answers
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process' number."""
        return self._running().pid

    def start(self) -> None:
        """Start it and return when it answers."""
        if self._process is not None:
            raise ServerError(f"{self._command[0]} runs already")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None:
                self._process = None
                raise ServerError(f"{self._command[0]} ended at once:\n{self._last_words()}")
            if time.monotonic() > deadline:
                self.kill()
                raise ServerError(f"{self._command[0]} does not answer:\n{self._last_words()}")
            time.sleep(0.01)  # between two questions, not instead of them

    def stop(self) -> None:
        """Ask it to end (SIGTERM) and wait until it has; nothing to do if it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it as a power cut would (SIGKILL), and wait until it is gone."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it hang (SIGSTOP): connections stay, nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)
        # The signal only asks; a busy thread may still answer somebody.
        os.waitid(os.P_PID, self.pid, os.WSTOPPED)

    def thaw(self) -> None:
        """Let it go on (SIGCONT)."""
        os.kill(self.pid, signal.SIGCONT)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ServerError(f"{self._command[0]} does not run")
        return self._process

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        if how is not signal.SIGKILL:
            process.send_signal(signal.SIGCONT)  # a frozen process would not notice
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise ServerError(f"{self._command[0]} did not stop:\n{self._last_words()}") from None

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return "\n".join(lines[-20:])
