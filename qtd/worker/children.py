"""Processes that belong together: started, replaced when one dies, ended in order."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

from qtd.clock import Clock
from qtd.log.events.process import ProcessDied
from qtd.log.logger import Logger
from qtd.worker.backoff import Backoff
from qtd.worker.parent import PARENT

#: A process that lived so long was sound: when it dies, its pauses begin from the shortest again.
SOUND_SECONDS: Final = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ChildCommand:
    """One process to keep."""

    #: for people
    name: str
    words: Sequence[str]
    #: those of a lower stage have ended before those of a higher one are asked to
    stage: int = 0
    #: exit codes that say that another attempt would end in the same way
    final: frozenset[int] = frozenset()


class Children:
    """Keeps one process for each command, in the process group of this one."""

    def __init__(
        self,
        commands: Sequence[ChildCommand],
        *,
        backoff: Callable[[], Backoff],
        gone: Callable[[int], None],
        clock: Clock,
        logger: Logger,
    ) -> None:
        """`gone` is called in a thread, with the exit code of a process that is not replaced."""
        self._children = [_Child(command, backoff(), gone, clock, logger) for command in commands]

    def start(self) -> None:
        """Start all, and look after them."""
        for child in self._children:
            child.thread.start()

    def stop(self) -> None:
        """Ask all to finish what they have begun (SIGTERM), stage by stage, and wait until they have."""
        for stage in sorted({child.command.stage for child in self._children}):
            asked = [child for child in self._children if child.command.stage == stage]
            for child in asked:
                child.ask()
            for child in asked:
                child.thread.join()

    def kill(self) -> None:
        """End all at once (SIGKILL)."""
        for child in self._children:
            child.ask(signal.SIGKILL)


class _Child:
    """One process after the other for a command."""

    def __init__(
        self,
        command: ChildCommand,
        backoff: Backoff,
        gone: Callable[[int], None],
        clock: Clock,
        logger: Logger,
    ) -> None:
        self.command = command
        self._backoff = backoff
        self._gone = gone
        self._clock = clock
        self._logger = logger
        self._ending = Event()
        #: how it is asked to end
        self._how = signal.SIGTERM
        self._process: subprocess.Popen[bytes] | None = None
        self.thread = Thread(target=self._look_after, name=command.name, daemon=True)

    def ask(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, and replace it no more."""
        self._how = how
        self._ending.set()
        if self._process is not None:
            self._process.send_signal(how)

    def _look_after(self) -> None:
        try:
            self._keep()
        except OSError:
            self._gone(1)  # the machine starts no process any more
            raise

    def _keep(self) -> None:
        # A terminal's Ctrl-C reaches the whole group. Who is started here inherits this thread's mask and hears of
        # it only through `stop`, in its turn.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        environment = {**os.environ, PARENT: str(os.getpid())}
        while not self._ending.is_set():
            began = self._clock.monotonic()
            process = subprocess.Popen(  # noqa: S603 - our own command
                self.command.words, stdin=subprocess.DEVNULL, env=environment
            )
            self._process = process
            if self._ending.is_set():  # asked while it was being started: it may not have been told
                process.send_signal(self._how)
            status = process.wait()
            if self._ending.is_set():
                return
            if status in self.command.final:
                self._gone(status)
                return
            self._logger.emit(ProcessDied(pid=process.pid, status=status))
            if self._clock.monotonic() - began >= SOUND_SECONDS:
                self._backoff.succeeded()
            self._clock.wait(self._backoff.failed(), self._ending)
