"""What any process of qtd tells of its own life: its configuration, what it waits for, its end."""

from __future__ import annotations

from dataclasses import dataclass
from logging import ERROR, WARNING
from typing import ClassVar

from qtd.log.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigurationRead(Event):
    """The configuration is valid and in use."""

    #: path of the file, or `built-in defaults`
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigurationRefused(Event):
    """The configuration has a mistake; one event for each."""

    level: ClassVar[int] = ERROR
    #: the key's path, the value and what is allowed
    problem: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting(Event):
    """Something outside is not there yet; tried again after a pause."""

    level: ClassVar[int] = WARNING
    #: `redis`, `database`
    waits_for: str
    #: its address
    server: str
    cause: str
    pause_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached(Event):
    """What was waited for is there."""

    waits_for: str
    server: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Stopping(Event):
    """Asked to end; what has begun is finished first."""

    #: `SIGTERM`, `SIGINT`, or why
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessStuck(Event):
    """The loop of one of several processes does not turn any more: it is killed, another takes its place."""

    level: ClassVar[int] = ERROR
    pid: int
    #: since its last sign of life
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessDied(Event):
    """One of several processes ended by itself; another takes its place."""

    level: ClassVar[int] = ERROR
    pid: int
    #: exit code, or the signal's number, negative
    status: int
