"""A log that a test reads."""

from __future__ import annotations

from typing import TypeVar

from qtd.log.event import Event
from qtd.log.logger import Logger

_E = TypeVar("_E", bound=Event)


class KeptLog(Logger):
    """A logger that keeps the events as they are."""

    def __init__(self) -> None:
        super().__init__(None)
        self.events: list[Event] = []

    def emit(self, event: Event, *, error: BaseException | None = None) -> None:
        """Keep it."""
        del error
        self.events.append(event)

    def of(self, kind: type[_E]) -> list[_E]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]
