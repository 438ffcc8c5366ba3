"""What the endpoint tells: how much it accepts, and why it does not."""

from __future__ import annotations

from dataclasses import dataclass
from logging import ERROR
from typing import ClassVar

from qtd.log.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestStarted(Event):
    """The endpoint takes requests."""

    #: each `host:port` or a socket's path, with commas between them
    listen: str
    processes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestStopped(Event):
    """The endpoint has answered what it accepted and is gone."""

    accepted: int
    refused: int


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestSummary(Event):
    """What the endpoint did since its last summary, about a minute ago; none is made of a minute without requests."""

    accepted: int
    refused: int
    #: of the accepted
    spooled: int
    bad: int
    #: accepted requests a second, on average
    per_second: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PushFailed(Event):
    """Neither the queue's broker nor the spool took entries: their clients were told 503."""

    level: ClassVar[int] = ERROR
    entries: int
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PushRecovered(Event):
    """The broker takes entries again."""

    seconds: float
    #: requests answered with 503 meanwhile
    refused: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestFailed(Event):
    """Our own mistake while answering a request: it was answered with 500. A bug."""

    level: ClassVar[int] = ERROR
    method: str
    cause: str
