"""What the supervisor finds and does."""

from __future__ import annotations

from dataclasses import dataclass
from logging import ERROR, WARNING
from typing import ClassVar

from qtd.log.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class SupervisorStarted(Event):
    """The supervisor looks after the workers of this machine."""

    #: `systemd`, `children`
    runtime: str
    queues: int
    #: `4`, or `1 to 4`
    workers: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SupervisorStopped(Event):
    """The supervisor is gone."""

    #: `systemd`, `children`: with the first, workers live on
    runtime: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkersWanted(Event):
    """Another number of workers is wanted."""

    wanted: int
    before: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerAskedToStart(Event):
    """A wanted worker does not run: it is started."""

    worker: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerAskedToStop(Event):
    """A worker runs that is not wanted: it finishes its batch and ends."""

    worker: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerAskedToRestart(Event):
    """A worker is to begin anew."""

    level: ClassVar[int] = WARNING
    worker: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerFailed(Event):
    """A worker ended by itself; it is started again after a pause."""

    level: ClassVar[int] = ERROR
    worker: int
    cause: str
    pause_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueBlocked(Event):
    """A lock that never expires holds a queue whose entries wait: whoever set it has to give it back."""

    level: ClassVar[int] = ERROR
    queue: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RestartNeeded(Event):
    """A reload brought changes that only a restart applies; until then the old values stay in force."""

    level: ClassVar[int] = WARNING
    #: `redis, queue`
    keys: str
    #: what to restart: `systemctl restart qtd.target`
    command: str
