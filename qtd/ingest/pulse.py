"""Signs of life: the event loop of each serving process beats, and somebody listens."""

from __future__ import annotations

from typing import Final, Protocol

from qtd.ingest.counters import Counters

#: Seconds between two beats.
BEAT_SECONDS: Final = 1.0


class Pulse(Protocol):
    """Whoever wants to know that the endpoint lives, and what it has counted."""

    def beat(self, counters: Counters) -> None:
        """Requests are being taken; called about each second, from the loop that takes them."""

    def stopping(self) -> None:
        """The endpoint was asked to end; what was received is still answered."""


class Unheard:
    """Nobody wants to know."""

    def beat(self, counters: Counters) -> None:
        """Do nothing."""

    def stopping(self) -> None:
        """Do nothing."""
