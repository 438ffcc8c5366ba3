"""What a worker tells of its batches."""

from __future__ import annotations

from dataclasses import dataclass
from logging import DEBUG, WARNING
from typing import ClassVar

from qtd.log.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerStarted(Event):
    """A worker begins to look after queues."""

    worker: int
    #: `0, 4, 8`
    queues: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerStopped(Event):
    """A worker has finished its batch and is gone."""

    worker: int
    batches: int
    requests: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerSummary(Event):
    """What a worker did since its last summary, about a minute ago; none is made of a minute without work."""

    #: those it worked on: `0, 4, 8`
    queues: str
    batches: int
    requests: int
    recorded: int
    excluded: int
    dead: int
    #: requests a second, on average
    per_second: float
    #: entries in all queues
    waiting: int
    #: age of the oldest entry in the queues it worked on; unknown: nothing waits there
    lag_seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchApplied(Event):
    """A batch is in the database and off the queue."""

    level: ClassVar[int] = DEBUG
    queue: int
    entries: int
    requests: int
    recorded: int
    excluded: int
    #: how many of the excluded each rule kept out: `bot 3, prefetch 1`
    rules: str
    dead: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchRetried(Event):
    """The outside failed in the middle of a batch: nothing of it was kept, it is done again."""

    level: ClassVar[int] = WARNING
    queue: int
    attempt: int
    cause: str
    pause_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueLockLost(Event):
    """The queue's lock ran out before the batch did: the batch is abandoned."""

    level: ClassVar[int] = WARNING
    queue: int
    seconds: float
