"""One run of the plugin's command: its lines as they come, its end, and an end to it where it takes too long."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import IO, Final

from qtd.clock import Clock
from qtd.log.events.console import ConsoleError, ConsoleWarning
from qtd.log.logger import Logger
from qtd.worker.console.command import PluginCommand, environment
from qtd.worker.console.output import Lines, event_of, recorded

#: Seconds between two looks at stop, limits and the queue while nothing is printed.
TURN_SECONDS: Final = 0.2

#: Seconds from SIGTERM to SIGKILL.
KILL_SECONDS: Final = 10.0

#: Lines of what went wrong that are kept for the cause.
_CAUSES: Final = 3


@dataclass(kw_only=True, slots=True)
class RunEnd:
    """How a run ended."""

    #: exit code, or the signal's number, negative
    status: int
    seconds: float
    #: that were recorded, as far as it said so
    requests: int
    #: what it said of errors, cut
    complaint: str
    #: whether it was ended by us, because we were asked to end
    stopped: bool = False
    #: whether it was ended by us, because it took too long
    late: bool = False


class Runner:
    """Runs the command, once at a time."""

    def __init__(
        self,
        command: PluginCommand,
        *,
        time_limit_seconds: float,
        stop_seconds: float,
        clock: Clock,
        logger: Logger,
        kill_seconds: float = KILL_SECONDS,
    ) -> None:
        self._command = command
        self._time_limit = time_limit_seconds
        self._stop_seconds = stop_seconds
        self._kill_seconds = kill_seconds
        self._clock = clock
        self._logger = logger

    def run(self, queue: int, max_requests: int, *, stop: Event, turn: Callable[[bool], None]) -> RunEnd:
        """Run it to its end; `turn` is called again and again, with true when it printed something since.

        Raises OSError where the machine starts no process.
        """
        began = self._clock.monotonic()
        account = self._command.account
        process = subprocess.Popen(  # noqa: S603 - what the configuration names
            self._command.words(queue, max_requests),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._command.console.parent,
            env=environment(),
            start_new_session=True,  # a terminal's Ctrl-C is ours; and a signal reaches what PHP starts, too
            user=None if account is None else account.user,
            group=None if account is None else account.group,
            extra_groups=None if account is None else account.groups,
        )
        end = RunEnd(status=0, seconds=0.0, requests=0, complaint="")
        with process:
            try:
                self._follow(process, queue, end, stop=stop, turn=turn, began=began)
            except BaseException:
                _signal(process, signal.SIGKILL)
                raise
        end.status = process.returncode
        end.seconds = round(self._clock.monotonic() - began, 3)
        return end

    def _follow(
        self,
        process: subprocess.Popen[bytes],
        queue: int,
        end: RunEnd,
        *,
        stop: Event,
        turn: Callable[[bool], None],
        began: float,
    ) -> None:
        limits = _Limits(self._clock, end, term_at=began + self._time_limit, kill_seconds=self._kill_seconds)
        with selectors.DefaultSelector() as selector:
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    os.set_blocking(stream.fileno(), False)
                    selector.register(stream, selectors.EVENT_READ, Lines())
            gone = False
            while selector.get_map():
                ready = selector.select(0 if gone else TURN_SECONDS)
                if gone and not ready:
                    return  # what PHP started may keep the pipes
                printed = [
                    self._read(selector, key, queue, end, is_error=key.fileobj is process.stderr)
                    for key, _ in ready
                ]
                turn(any(printed))
                if stop.is_set():
                    limits.stop(self._stop_seconds)
                limits.enforce(process)
                gone = process.poll() is not None
        while process.poll() is None:
            # It has closed its output and goes on.
            with suppress(subprocess.TimeoutExpired):
                process.wait(TURN_SECONDS)
            turn(False)
            if stop.is_set():
                limits.stop(self._stop_seconds)
            limits.enforce(process)

    def _read(
        self,
        selector: selectors.BaseSelector,
        key: selectors.SelectorKey,
        queue: int,
        end: RunEnd,
        *,
        is_error: bool,
    ) -> bool:
        """Tell of what can be read; return whether that was anything."""
        stream: IO[bytes] = key.fileobj  # type: ignore[assignment]
        lines: Lines = key.data
        data = os.read(stream.fileno(), 65536)
        if not data:
            selector.unregister(stream)
        for line in lines.add(data) if data else lines.end():
            event = event_of(queue, line, is_error=is_error)
            self._logger.emit(event)
            end.requests += recorded(line) or 0
            if isinstance(event, ConsoleError) or (
                isinstance(event, ConsoleWarning) and is_error and end.complaint.count("; ") < _CAUSES - 1
            ):
                end.complaint = f"{end.complaint}; {line}"[:300] if end.complaint else line[:300]
        return bool(data)


class _Limits:
    """When a run is ended."""

    def __init__(self, clock: Clock, end: RunEnd, *, term_at: float, kill_seconds: float) -> None:
        self._clock = clock
        self._end = end
        self._term_at = term_at
        self._kill_seconds = kill_seconds
        self._kill_at: float | None = None
        self._stopping = False

    def stop(self, seconds: float) -> None:
        """We are to end: let it go on for so long at most."""
        if not self._stopping:
            self._stopping = True
            self._term_at = min(self._term_at, self._clock.monotonic() + seconds)

    def enforce(self, process: subprocess.Popen[bytes]) -> None:
        """Send a signal where its time has come."""
        now = self._clock.monotonic()
        if self._kill_at is not None and now >= self._kill_at:
            _signal(process, signal.SIGKILL)
        elif self._kill_at is None and now >= self._term_at:
            self._end.stopped, self._end.late = self._stopping, not self._stopping
            self._kill_at = now + self._kill_seconds
            _signal(process, signal.SIGTERM)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
