"""What becomes of entries that can not be applied."""

from __future__ import annotations

from dataclasses import dataclass
from logging import ERROR, WARNING
from typing import ClassVar

from qtd.log.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryDead(Event):
    """An entry can not be applied: it was put to the dead letters, the others go on."""

    level: ClassVar[int] = ERROR
    queue: int
    #: the entry's identity
    entry: str
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLettersExpiring(Event):
    """Dead letters come near the bounds of age or number: in an hour at the earliest they are dropped."""

    level: ClassVar[int] = WARNING
    #: how many do so that did not before
    letters: int
    #: how many there are altogether
    kept: int
    #: the bounds
    most_kept: int
    most_days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLettersDropped(Event):
    """Dead letters beyond the bounds of age or number, announced before, were given up for good."""

    level: ClassVar[int] = WARNING
    letters: int
    requests: int
