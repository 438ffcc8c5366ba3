"""Commands as real processes: their log read event by event, so that nothing has to be slept for."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import yaml

#: Seconds in which a process that was asked to end is gone.
PATIENCE = 60.0

#: Becomes qtd with the sockets of the descriptors that are named first, handed over as systemd does: sd_listen_fds(3).
_HAND_OVER = """
import os, sys
given = [os.dup2(int(number), 100 + place) for place, number in enumerate(sys.argv[1].split())]
for place, descriptor in enumerate(given):
    os.dup2(descriptor, 3 + place)
environ = os.environ | {"LISTEN_FDS": str(len(given)), "LISTEN_PID": str(os.getpid())}
os.execve(sys.executable, [sys.executable, "-m", "qtd", *sys.argv[2:]], environ)
"""


class Running:
    """A process of qtd, or a group of them."""

    def __init__(self, words: tuple[str, ...], sockets: Sequence[socket.socket] = ()) -> None:
        given = [one.fileno() for one in sockets]
        handed = ["-c", _HAND_OVER, " ".join(map(str, given))] if given else ["-m", "qtd"]
        self._process = subprocess.Popen(
            [sys.executable, *handed, *words],
            pass_fds=given,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # as on a terminal of its own
        )
        #: what was read of the log: events, and lines that are none
        self.events: list[dict[str, Any]] = []
        self.noise: list[str] = []

    @property
    def pid(self) -> int:
        """The number of the first process."""
        return self._process.pid

    def until(self, name: str) -> dict[str, Any]:
        """Read the log up to the next event of this name; fails when the process ends first."""
        for event in self._log():
            if event["event"] == name:
                return event
        raise AssertionError(f"ended without {name}: {self.events} {self.noise}")

    def terminate(self) -> None:
        """Ask the first process to end."""
        self._process.terminate()

    def interrupt(self) -> None:
        """Press Ctrl-C: the whole group hears of it."""
        os.killpg(self.pid, signal.SIGINT)

    def children(self) -> list[int]:
        """The numbers of the first process' children."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/children")
        return [int(number) for children in tasks for number in children.read_text().split()]

    def kill_child(self, word: str) -> int:
        """Kill the child process that has this word in its command; return its number."""
        for number in self.children():
            if word in Path(f"/proc/{number}/cmdline").read_text().split("\0"):
                os.kill(number, signal.SIGKILL)
                return number
        raise AssertionError(f"no child with {word}")

    def end(self) -> int:
        """Read the log to its end, when all processes are gone; return the exit code."""
        for _ in self._log():
            pass
        return self.wait()

    def wait(self) -> int:
        """Wait until the first process has ended, whatever it still logs; return the exit code."""
        return self._process.wait(PATIENCE)

    def stop_reading(self) -> None:
        """Close the log's pipe: what the process writes from now on fails."""
        assert self._process.stderr is not None
        self._process.stderr.close()

    def output(self) -> str:
        """What the process printed, when it has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.read().decode()

    def line(self) -> str:
        """The next line that it prints, waited for; empty when it has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode().rstrip("\n")

    def named(self, name: str) -> list[dict[str, Any]]:
        """The events of this name among those read."""
        return [event for event in self.events if event["event"] == name]

    def kill(self) -> None:
        """Leave nobody behind."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait(PATIENCE)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _log(self) -> Iterator[dict[str, Any]]:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            try:
                event = orjson.loads(line)
            except orjson.JSONDecodeError:
                self.noise.append(line.decode().rstrip())
                continue
            self.events.append(event)
            yield event


@contextmanager
def qtd(*words: str | Path, sockets: Sequence[socket.socket] = ()) -> Iterator[Running]:
    """Run a command; `sockets` are handed over as systemd does."""
    running = Running(tuple(map(str, words)), sockets)
    try:
        yield running
    finally:
        running.kill()


def configuration(folder: Path, **values: Any) -> Path:
    """Write a configuration: one site, no waiting for batches, every event in the log."""
    standard: dict[str, Any] = {
        "state_directory": str(folder),
        "sites": [{"idsite": 1, "name": "a", "main_url": "http://example.org"}],
        "batch": {"max_wait_seconds": 0},
        "log": {"level": "debug", "format": "json"},
    }
    path = folder / "qtd.yaml"
    path.write_text(yaml.safe_dump(standard | values))
    return path
