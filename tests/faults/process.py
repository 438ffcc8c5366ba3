"""A process of qtd with its log in a file: killed, frozen, started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.faults.patience import PATIENCE, until
from tests.servers.process import ServerError

#: The checkout whose qtd is started: the one these tests belong to.
ROOT = Path(__file__).parents[2]


class QtdProcess:
    """`qtd …` as the first process of a group of its own."""

    def __init__(self, name: str, words: tuple[str, ...], *, log: Path, started: str) -> None:
        """`started` is the event by which it says that it works."""
        self.name = name
        self._words = words
        self._log = log
        self._started = f'"event":"{started}"'
        self._from = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it works only some time after."""
        self._log.touch()
        self._from = self.mark()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "qtd", *self._words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                start_new_session=True,
            )

    def ready(self) -> None:
        """Wait until it works.

        Raises:
            ServerError: it ended, or never says that it does.
        """
        until(self._ready, f"{self.name} has started")

    def mark(self) -> int:
        """Where its log ends now."""
        return self._log.stat().st_size

    def logged(self, text: str, *, since: int) -> bool:
        """Whether its log has that text behind a mark."""
        with self._log.open("rb") as file:
            file.seek(since)
            return text.encode() in file.read()

    def children(self) -> list[int]:
        """The numbers of the processes that it has forked and that live."""
        files = Path(f"/proc/{self._pid}/task").glob("*/children")
        return sorted(int(number) for file in files for number in file.read_text().split())

    def kill(self) -> None:
        """Kill the whole group, and wait until the first process is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)

    def freeze(self) -> None:
        """Let it hang (SIGSTOP)."""
        os.killpg(self._pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self._pid, os.WSTOPPED)  # the signal only asks

    def thaw(self) -> None:
        """Let it go on (SIGCONT); nothing to do where it does not run."""
        if self._process is not None:
            os.killpg(self._pid, signal.SIGCONT)

    @property
    def _pid(self) -> int:
        if self._process is None:
            raise ServerError(f"{self.name} does not run")
        return self._process.pid

    def _ready(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise ServerError(f"{self.name} ended at once:\n{self._log.read_text(errors='replace')[-2000:]}")
        return self.logged(self._started, since=self._from)
