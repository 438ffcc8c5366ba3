"""Workers as child processes: started, replaced when one dies, ended together."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from threading import Event, Thread

from qtd.clock import Clock
from qtd.log.events import ProcessDied
from qtd.log.logger import Logger

#: A worker that can not live must not take the machine.
RESTART_PAUSE_SECONDS = 1.0


class WorkerChildren:
    """One process for each command, in the process group of this one."""

    def __init__(self, commands: Sequence[Sequence[str]], *, clock: Clock, logger: Logger) -> None:
        self._commands = commands
        self._clock = clock
        self._logger = logger
        self._ending = Event()
        self._threads: list[Thread] = []
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all workers, and look after them."""
        for number, command in enumerate(self._commands):
            thread = Thread(target=self._look_after, args=(number, command), name=f"worker {number + 1}")
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Ask all workers to finish their batch, and wait until they have."""
        self._ending.set()
        for child in list(self._running.values()):
            child.terminate()
        for thread in self._threads:
            thread.join()

    def _look_after(self, number: int, command: Sequence[str]) -> None:
        while not self._ending.is_set():
            child = subprocess.Popen(command)  # noqa: S603 - our own command
            self._running[number] = child
            if self._ending.is_set():  # asked while it was being started: it may not have been told
                child.terminate()
            status = child.wait()
            if not self._ending.is_set():
                self._logger.emit(ProcessDied(pid=child.pid, status=status))
                self._clock.wait(RESTART_PAUSE_SECONDS, self._ending)
