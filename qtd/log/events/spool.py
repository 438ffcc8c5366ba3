"""What is told of the spool, from the first entry that the broker does not take to the last that is pushed."""

from __future__ import annotations

from dataclasses import dataclass
from logging import ERROR, WARNING
from typing import ClassVar

from qtd.log.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Spooling(Event):
    """The broker does not take entries: they go to the spool, and their clients are told success."""

    level: ClassVar[int] = WARNING
    #: in the spool now
    entries: int
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolFound(Event):
    """The spool has entries from before the start; they are pushed first."""

    entries: int
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolDraining(Event):
    """The broker takes entries again: those in the spool are being pushed, new ones go behind them."""

    entries: int
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolDrained(Event):
    """The spool is empty; entries go to the broker as ever."""

    #: pushed since the broker takes them again
    entries: int
    #: since the oldest of them came
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolTorn(Event):
    """A segment ended in what is no entry: cut off, if it is the rest of a write that nobody was told success of."""

    level: ClassVar[int] = ERROR
    #: file name; in the spool's folder
    segment: str
    #: that are not used
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolBroken(Event):
    """The spool can not be opened, or not be drained because of its own disk: without it, requests get a 503."""

    level: ClassVar[int] = ERROR
    directory: str
    cause: str
