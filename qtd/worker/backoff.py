"""Pauses between attempts: longer with each failure, and never the same for two workers."""

from __future__ import annotations

from random import Random


class Backoff:
    """The pause before the next attempt: doubled from `least` up to `most` seconds, with a random part taken off."""

    def __init__(self, *, least: float, most: float, random: Random) -> None:
        self._least = least
        self._most = most
        self._random = random
        #: failures since the last success
        self.failures = 0

    def failed(self) -> float:
        """Count a failure; return the seconds to wait, between half of the full pause and all of it."""
        pause = min(self._most, self._least * 2.0 ** min(self.failures, 62))
        self.failures += 1
        return pause * (0.5 + self._random.random() / 2)

    def succeeded(self) -> None:
        """Begin from the shortest pause again."""
        self.failures = 0
