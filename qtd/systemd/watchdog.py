"""The watchdog's food: from the work loop itself, so that a loop that hangs is noticed, and not too often."""

from __future__ import annotations

from qtd.clock import Clock
from qtd.systemd.notifier import Notifier

#: How many times in the manager's patience it hears of us; sd_watchdog_enabled(3) asks for two at least.
TIMES = 4


class Watchdog:
    """Passes on that the loop turns, at most `TIMES` in the manager's patience."""

    def __init__(self, notifier: Notifier, clock: Clock) -> None:
        self._notifier = notifier
        self._clock = clock
        patience = notifier.watchdog_seconds
        self._interval = None if patience is None else patience / TIMES
        self._next = 0.0

    def feed(self) -> None:
        """Say that the loop turns; cheap enough for each turn."""
        if self._interval is None:
            return
        now = self._clock.monotonic()
        if now >= self._next:
            self._next = now + self._interval
            self._notifier.alive()
