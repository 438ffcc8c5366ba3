"""A clock that stands still until a test moves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Event


class FakeClock:
    """`qtd.clock.Clock` for tests: waiting takes no time, but moves the clock by what was asked for."""

    def __init__(self, now: float = 1_795_277_828.0) -> None:
        self._now = now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds

    def now(self) -> float:
        """Unix time in seconds."""
        return self._now

    def monotonic(self) -> float:
        """The same, which is as good as any other beginning."""
        return self._now

    def wait(self, seconds: float, until: Event) -> bool:
        """Move on by `seconds`, unless `until` is set already."""
        if not until.is_set():
            self.advance(seconds)
        return until.is_set()
