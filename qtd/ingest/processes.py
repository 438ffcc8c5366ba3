"""Several processes that do the same: started, replaced when one dies or hangs, ended together."""

from __future__ import annotations

import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from types import FrameType
from typing import Final

from qtd.clock import Clock
from qtd.ingest.pulse import BEAT_SECONDS, Pulse
from qtd.ingest.shared_pulse import SharedPulse
from qtd.log import Logger
from qtd.log.events import ProcessDied, ProcessStuck, Stopping

RESTART_PAUSE_SECONDS: Final = 1.0
"""A process that died is replaced after this pause: one that can not live must not take the machine."""

STUCK_SECONDS: Final = 20.0
"""A process whose loop has been silent for so long hangs, or waits for what it must not wait for."""

LAST_WORDS_SECONDS: Final = 5.0
"""What a process has to show its stack; one that is frozen does not."""


@dataclass(kw_only=True, slots=True)
class _Child:
    pid: int
    #: becomes readable when the process ends; pidfd_open(2)
    descriptor: int
    slot: int
    aborted: bool = False


class Processes:
    """`count` forked processes that each call `run` with a pulse of their own.

    To be used in the main thread, before any other thread is started.
    """

    def __init__(
        self, count: int, run: Callable[[Pulse], None], *, pulse: Pulse, clock: Clock, log: Logger
    ) -> None:
        self._count = count
        self._run = run
        self._pulse = pulse
        self._clock = clock
        self._log = log
        self._shared = SharedPulse(count, clock.monotonic)
        self._children: dict[int, _Child] = {}
        self._ending = Event()
        self._ready = False

    def run(self) -> None:
        """Keep them running until SIGTERM or SIGINT, then end them and return."""
        before = {number: signal.signal(number, self._end) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            for slot in range(self._count):
                self._start(slot)
            if self._ending.is_set():  # asked while we were forking: the last one may not have heard
                self._end(signal.SIGTERM, None)
            while self._children:
                for child in self._ended():
                    self._replace(child)
                self._look_after()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        if not self._ending.is_set():
            self._log.emit(Stopping(reason=signal.Signals(number).name))
            self._pulse.stopping()
        self._ending.set()
        for child in list(self._children.values()):
            os.kill(child.pid, signal.SIGTERM)

    def _start(self, slot: int) -> None:
        self._shared.begin(slot)
        pid = _fork(lambda: self._run(self._shared.of(slot)))
        descriptor = os.pidfd_open(pid)
        self._children[descriptor] = _Child(pid=pid, descriptor=descriptor, slot=slot)

    def _ended(self) -> list[_Child]:
        """Wait until a process ends, but no longer than a beat."""
        poll = select.poll()
        for descriptor in self._children:
            poll.register(descriptor, select.POLLIN)
        return [self._children[descriptor] for descriptor, _ in poll.poll(BEAT_SECONDS * 1000)]

    def _replace(self, child: _Child) -> None:
        del self._children[child.descriptor]
        os.close(child.descriptor)
        _, status = os.waitpid(child.pid, 0)
        if not self._ending.is_set():
            self._log.emit(ProcessDied(pid=child.pid, status=os.waitstatus_to_exitcode(status)))
            self._clock.wait(RESTART_PAUSE_SECONDS, self._ending)
        if not self._ending.is_set():
            self._start(child.slot)

    def _look_after(self) -> None:
        """Pass on that all is well; kill who hangs."""
        for child in self._children.values():
            silent = self._shared.silent_seconds(child.slot)
            if silent > STUCK_SECONDS and not child.aborted and not self._ending.is_set():
                self._log.emit(ProcessStuck(pid=child.pid, seconds=round(silent, 1)))
                child.aborted = True
                os.kill(child.pid, signal.SIGABRT)
            elif child.aborted and silent > STUCK_SECONDS + LAST_WORDS_SECONDS:
                os.kill(child.pid, signal.SIGKILL)
        self._ready = self._ready or self._shared.all_beat()
        if self._ready:
            self._pulse.beat(self._shared.totals())


def _fork(run: Callable[[], None]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # The terminal's interrupt reaches every process; the parent passes it on in its own way.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        run()
        code = 0
    except BaseException:  # noqa: BLE001 - the last place where it can be told
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
