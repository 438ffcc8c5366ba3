"""Time as a dependency: whoever needs the hour or a pause is given a `Clock`."""

from __future__ import annotations

import time
from threading import Event
from typing import Protocol


class Clock(Protocol):
    """What the rest of qtd may know of time."""

    def now(self) -> float:
        """Unix time in seconds, UTC."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment, never running backwards; for durations and deadlines."""

    def wait(self, seconds: float, until: Event) -> bool:
        """Wait at most `seconds`, less if `until` is set; return whether it is set."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time()

    def monotonic(self) -> float:
        """The machine's monotonic clock in seconds."""
        return time.monotonic()

    def wait(self, seconds: float, until: Event) -> bool:
        """Block this thread."""
        return until.wait(seconds)
