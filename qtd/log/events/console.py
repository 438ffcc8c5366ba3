"""What the plugin's command prints, and how its runs end (engine console)."""

from __future__ import annotations

from dataclasses import dataclass
from logging import DEBUG, ERROR, WARNING
from typing import ClassVar

from qtd.log.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleOutput(Event):
    """The plugin's command printed a line."""

    queue: int
    line: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleChatter(Event):
    """It printed a line that it prints each time, or one for those who look for mistakes in it."""

    level: ClassVar[int] = DEBUG
    queue: int
    line: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleWarning(Event):
    """It printed a warning, or something on standard error."""

    level: ClassVar[int] = WARNING
    queue: int
    line: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleError(Event):
    """It printed that something failed."""

    level: ClassVar[int] = ERROR
    queue: int
    line: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleFinished(Event):
    """A run of the plugin's command has ended, as it should or because we were asked to end."""

    level: ClassVar[int] = DEBUG
    queue: int
    #: exit code, or the signal's number, negative
    status: int
    #: that it says it recorded
    requests: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleFailed(Event):
    """A run of the plugin's command failed, or did nothing; it is run again after a pause."""

    level: ClassVar[int] = ERROR
    queue: int
    #: exit code, or the signal's number, negative
    status: int
    cause: str
    seconds: float
    pause_seconds: float
