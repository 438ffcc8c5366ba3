"""What is told of the queues as a whole: how many there are, and what was given up."""

from __future__ import annotations

from dataclasses import dataclass
from logging import WARNING
from typing import ClassVar

from qtd.log.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuesRenumbered(Event):
    """This process goes by another number of queues from now on, because that is in force."""

    queues: int
    before: int


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuesResizing(Event):
    """The number of queues is being changed: nobody records until what waits has moved."""

    #: that there are to be
    queues: int


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuesNotResized(Event):
    """The number of queues is not the configured one, and could not be changed: the present one stays in force."""

    level: ClassVar[int] = WARNING
    #: as configured
    queues: int
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuesResized(Event):
    """The number of queues was changed, and what waited is in the queues where it belongs."""

    queues: int
    #: that were looked at
    entries: int
    #: of those, that are in another queue now
    moved: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueDropped(Event):
    """Somebody gave up what waited in a queue."""

    level: ClassVar[int] = WARNING
    queue: int
    entries: int
    requests: int
