"""The turning of a worker's loop, whatever the engine: rounds and pauses, and signs of life in both."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Final

from qtd.clock import Clock

#: Seconds between two looks at queues that had nothing to do.
IDLE_SECONDS: Final = 0.05

#: Seconds of a longer pause after which the loop says that it still turns.
TURN_SECONDS: Final = 1.0


class Turns:
    """Turns until `stop` is set, or until the number of queues is not `settled` any more.

    `on_progress` hears of each turn: the watchdog is fed by it.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        stop: Event,
        on_progress: Callable[[], None],
        settled: Callable[[], bool],
    ) -> None:
        self.on_progress = on_progress
        self._clock = clock
        self._stop = stop
        self._settled = settled

    @property
    def over(self) -> bool:
        """Whether nothing more is to be begun."""
        return self._stop.is_set() or not self._settled()

    def run(self, round_: Callable[[], bool]) -> None:
        """Make rounds; `round_` returns whether there was work."""
        while not self.over:
            self.on_progress()
            if not round_():
                self._clock.wait(IDLE_SECONDS, self._stop)

    def pause(self, seconds: float) -> None:
        """Wait for whatever is away; that is no standstill, so the watchdog hears of it."""
        end = self._clock.monotonic() + seconds
        while not self._stop.is_set() and (left := end - self._clock.monotonic()) > 0:
            self._clock.wait(min(left, TURN_SECONDS), self._stop)
            self.on_progress()
