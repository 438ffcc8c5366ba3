"""Commands on a terminal: a pseudo-terminal whose keys a test presses and whose picture it reads."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.cli.running import PATIENCE

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Terminal:
    """A process of qtd that has a terminal of its own."""

    def __init__(self, words: tuple[str, ...], *, rows: int, columns: int) -> None:
        self._ours, self._its = pty.openpty()
        termios.tcsetwinsize(self._its, (rows, columns))
        self._mode = termios.tcgetattr(self._its)
        environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self._process = subprocess.Popen(
            ["setsid", "--ctty", sys.executable, "-m", "qtd", *words],  # a terminal that Ctrl-C works on
            stdin=self._its,
            stdout=self._its,
            stderr=self._its,
            env=environment | {"TERM": "xterm-256color"},
        )
        self._seen = ""

    def until(self, text: str) -> str:
        """Read what is drawn up to the next time that this text is there; return all of it."""
        while text not in self._seen:
            ready, _, _ = select.select([self._ours], [], [], PATIENCE)
            assert ready, f"{text!r} does not come: {self._seen!r}"
            self._seen += _CONTROL.sub("", os.read(self._ours, 65536).decode("utf-8", "replace"))
        before, _, self._seen = self._seen.partition(text)
        return before + text

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._ours, keys.encode())

    def terminate(self) -> None:
        """Ask the process to end."""
        self._process.terminate()

    def end(self) -> int:
        """Return the exit code; fails when the terminal is not as it was."""
        code = self._process.wait(PATIENCE)
        assert termios.tcgetattr(self._its) == self._mode
        return code

    def close(self) -> None:
        """Leave nobody behind."""
        self._process.kill()
        self._process.wait(PATIENCE)
        os.close(self._its)
        os.close(self._ours)


@contextmanager
def on_terminal(*words: str | Path, rows: int = 40, columns: int = 120) -> Iterator[Terminal]:
    """Run a command."""
    terminal = Terminal(tuple(map(str, words)), rows=rows, columns=columns)
    try:
        yield terminal
    finally:
        terminal.close()
