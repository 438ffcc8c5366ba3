"""The demo's process group: `qtd serve --with-worker`, as it runs in earnest, with its log in a file."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from qtd.errors import QtdError

#: A batch that has begun is finished first; whoever is not gone after this is killed, in seconds.
STOP_SECONDS = 30.0


class ServiceFailed(QtdError):
    """The demo's processes ended by themselves: see the log."""


class Service:
    """Runs a command in a process group of its own, so that the terminal's Ctrl-C reaches only us."""

    def __init__(self, command: Sequence[str], *, log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        #: Number of the process group.
        self.group = self._process.pid

    def check(self) -> None:
        """Raise ServiceFailed where it has ended."""
        code = self._process.poll()
        if code is not None:
            raise ServiceFailed(f"the demo's processes ended by themselves (exit code {code})")

    def stop(self) -> None:
        """Ask it to end and wait; kill what is left after STOP_SECONDS."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self.kill()  # what the first process left behind

    def kill(self) -> None:
        """End the whole group at once."""
        try:
            os.killpg(self.group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        else:
            self._process.wait()
