"""Several processes that do the same: started, replaced when one dies or hangs, ended together."""

from __future__ import annotations

import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Final

from qtd.clock import Clock
from qtd.ingest.pulse import BEAT_SECONDS, Pulse
from qtd.ingest.shared_pulse import SharedPulse
from qtd.log import Logger
from qtd.log.events.process import ProcessDied, ProcessStuck, Stopping

RESTART_PAUSE_SECONDS: Final = 1.0
"""A process that died is replaced after this pause: one that can not live must not take the machine."""

STUCK_SECONDS: Final = 20.0
"""A process whose loop has been silent for so long hangs, or waits for what it must not wait for."""

LAST_WORDS_SECONDS: Final = 5.0
"""What a process has to show its stack; one that is frozen does not."""

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


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
        #: when the processes that died are replaced, by slot; seconds of the monotonic clock
        self._due: dict[int, float] = {}
        self._ending = False
        self._ready = False

    def run(self) -> None:
        """Keep them running until SIGTERM or SIGINT, then end them and return."""
        with _told() as told:
            for slot in range(self._count):
                self._start(slot)
            while self._children or not self._ending:
                for child in self._ended(told):
                    self._bury(child)
                if number := _read(told):
                    self._end(number)
                if not self._ending:
                    self._replace()
                self._look_after()

    def _end(self, number: int) -> None:
        if not self._ending:
            self._log.emit(Stopping(reason=signal.Signals(number).name))
            self._pulse.stopping()
        self._ending = True
        for child in self._children.values():
            os.kill(child.pid, signal.SIGTERM)

    def _start(self, slot: int) -> None:
        self._shared.begin(slot)
        pid = _fork(lambda: self._run(self._shared.of(slot)))
        descriptor = os.pidfd_open(pid)
        self._children[descriptor] = _Child(pid=pid, descriptor=descriptor, slot=slot)

    def _ended(self, told: int) -> list[_Child]:
        """Wait until a process ends or we are told to, but no longer than a beat."""
        poll = select.poll()
        for descriptor in (told, *self._children):
            poll.register(descriptor, select.POLLIN)
        ready = [descriptor for descriptor, _ in poll.poll(BEAT_SECONDS * 1000)]
        return [self._children[descriptor] for descriptor in ready if descriptor != told]

    def _bury(self, child: _Child) -> None:
        del self._children[child.descriptor]
        os.close(child.descriptor)
        _, status = os.waitpid(child.pid, 0)
        if not self._ending:
            self._log.emit(ProcessDied(pid=child.pid, status=os.waitstatus_to_exitcode(status)))
            self._due[child.slot] = self._clock.monotonic() + RESTART_PAUSE_SECONDS

    def _replace(self) -> None:
        for slot in [slot for slot, due in self._due.items() if due <= self._clock.monotonic()]:
            del self._due[slot]
            self._start(slot)

    def _look_after(self) -> None:
        """Pass on that all is well; kill who hangs."""
        for child in self._children.values():
            silent = self._shared.silent_seconds(child.slot)
            if silent > STUCK_SECONDS and not child.aborted and not self._ending:
                self._log.emit(ProcessStuck(pid=child.pid, seconds=round(silent, 1)))
                child.aborted = True
                os.kill(child.pid, signal.SIGABRT)
            elif child.aborted and silent > STUCK_SECONDS + LAST_WORDS_SECONDS:
                os.kill(child.pid, signal.SIGKILL)
        self._ready = self._ready or self._shared.all_beat()
        if self._ready:
            self._pulse.beat(self._shared.totals())


@contextmanager
def _told() -> Iterator[int]:
    """Give what becomes readable when SIGTERM or SIGINT comes; see `_read`.

    A handler runs in the middle of anything, of writing to the log, say: it must not take a lock, so it does no more
    than to write the signal's number into a pipe.
    """
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def note(number: int, _frame: FrameType | None) -> None:
        with suppress(BlockingIOError):  # told thousands of times already
            os.write(writing, bytes([number]))

    before = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        yield reading
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)


def _read(told: int) -> int:
    """The first of the signals that have come since, 0 if none has."""
    try:
        return os.read(told, 4096)[0]
    except BlockingIOError:
        return 0


def _fork(run: Callable[[], None]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    # A child that is told to end before it has its own handlers would tell its parent instead.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        return child
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # The terminal's interrupt reaches every process; the parent passes it on in its own way.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        run()
        code = 0
    except BaseException:  # noqa: BLE001 - the last place where it can be told
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
