"""The contract of what runs workers: systemd's units, or child processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Phase(Enum):
    """Where a worker is in its life."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    #: it ended by itself and nobody starts it again
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerState:
    """One worker at one moment."""

    phase: Phase
    #: of a failed one: how it ended
    cause: str = ""


class Runtime(Protocol):
    """Runs workers by their numbers, from 1; every call returns at once, what it asks for takes its time.

    All may raise ServiceManagerUnavailable.
    """

    #: `systemd` or `children`
    name: str

    def workers(self) -> Mapping[int, WorkerState]:
        """Return the workers there are; one that does not run and did not fail is missing."""

    def start(self, worker: int) -> None:
        """Start a worker that does not run."""

    def stop(self, worker: int) -> None:
        """Have a worker finish its batch and end."""

    def restart(self, worker: int) -> None:
        """Have a worker finish its batch and begin anew; one that does not end is killed."""

    def show_stack(self, worker: int) -> None:
        """Have a worker write the stacks of its threads to its log, if it runs."""

    def close(self) -> None:
        """Leave the workers to themselves, or end them where they can not live without us."""
