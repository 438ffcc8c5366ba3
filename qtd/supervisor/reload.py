"""Reload: the new configuration as a whole or not at all, and who has to begin anew for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from qtd.config.root import Config

#: Sections that decide where queues and state are: everybody has to change at the same moment.
_EVERYBODY: Final = frozenset({"redis", "queue", "state_directory"})
#: Read by the endpoint alone.
_INGEST: Final = frozenset({"ingest"})
#: Keys of `workers` that only the supervisor reads.
_SUPERVISORS: Final = frozenset(
    {
        "min",
        "scale_up_lag_seconds",
        "scale_up_pause_seconds",
        "scale_down_lag_seconds",
        "scale_down_after_seconds",
        "stuck_seconds",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What a new configuration asks for."""

    #: keys for which everything has to be restarted: nothing of the new configuration is applied
    everybody: tuple[str, ...]
    #: keys for which the endpoint has to be restarted
    ingest: tuple[str, ...]
    #: keys for which the workers have to be restarted
    workers: tuple[str, ...]


def compare(old: Config, new: Config) -> Change:
    """Return what changes from one configuration to the other."""
    changed = [name for name in Config.model_fields if getattr(old, name) != getattr(new, name)]
    ours = {"workers"} if "workers" in changed and not _concerns_workers(old, new) else set()
    return Change(
        everybody=tuple(name for name in changed if name in _EVERYBODY),
        # The endpoint reads sites, database and Matomo's settings too, and logs; it records `queuedtracking=0` itself.
        ingest=tuple(name for name in changed if name not in _EVERYBODY | {"workers", "batch", "console"}),
        workers=tuple(name for name in changed if name not in _EVERYBODY | _INGEST | ours),
    )


def _concerns_workers(old: Config, new: Config) -> bool:
    """Say whether a worker would work otherwise: it knows its share of the queues, and how long locks are."""
    apart = {name for name in type(old.workers).model_fields if name not in _SUPERVISORS | {"count", "max"}}
    return old.worker_count != new.worker_count or any(
        getattr(old.workers, name) != getattr(new.workers, name) for name in apart
    )
