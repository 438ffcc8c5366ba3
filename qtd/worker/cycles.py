"""Emptying queues again and again: `qtd process --cycle`, as the plugin's command has it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Final

from qtd.clock import Clock
from qtd.store.native import BatchResult
from qtd.worker.drain import Drain

#: Seconds in which nothing was recorded, after which a cycle takes whatever waits. Source: the plugin's command.
IDLE_SECONDS: Final = 10.0


class Cycles:
    """Lets one drain follow the other, with pauses between them."""

    def __init__(
        self,
        drain: Callable[[int], Drain],
        *,
        least: int,
        count: int,
        pause_seconds: float,
        clock: Clock,
        stop: Event,
    ) -> None:
        """`drain` makes one that leaves alone what has fewer requests than it is given, usually `least`.

        `count` is the number of cycles, 0: until told to stop.
        """
        self._drain = drain
        self._least = least
        self._count = count
        self._pause = pause_seconds
        self._clock = clock
        self._stop = stop
        #: what became of the requests so far
        self.total = BatchResult()
        #: queues that were somebody else's in the last cycle
        self.busy: list[int] = []
        #: whether all was done that was asked for
        self.finished = False

    def run(self, persist: Callable[[Drain], None]) -> None:
        """Go on until finished or told to stop; `persist` has one drain run, and what it raises ends all."""
        cycle, worked = 0, self._clock.monotonic()
        while not self._stop.is_set():
            cycle += 1
            idle = self._clock.monotonic() - worked > IDLE_SECONDS
            drain = self._drain(1 if idle else self._least)
            try:
                persist(drain)
            finally:
                self.total.add(drain.total)
                self.busy = drain.busy
            if _requests(drain.total) or idle:
                worked = self._clock.monotonic()
            if not drain.finished:
                break
            if cycle == self._count:
                self.finished = True
                return
            self._clock.wait(self._pause, self._stop)
        self.finished = not self._count  # only being told to ends cycles without number


def _requests(result: BatchResult) -> int:
    return result.recorded + result.excluded + result.dead + result.repeated
