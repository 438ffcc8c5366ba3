"""What a worker needs of an engine: record a queue's entries in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """What became of the requests of one batch; their sum is the number of requests in it."""

    #: tracking requests whose rows are in the database
    recorded: int = 0
    #: tracking requests that a rule keeps out
    excluded: int = 0
    #: requests in entries that were put to the dead letters; an entry that can not be read counts as one
    dead: int = 0
    #: requests in entries that an earlier batch had recorded already
    repeated: int = 0
    #: identity and cause of each dead entry
    dead_entries: tuple[tuple[str, str], ...] = ()


class Recorder(Protocol):
    """An engine that records."""

    def record(self, queue: int, stored: Sequence[bytes]) -> Recorded:
        """Record the entries, read from the head of `queue`, and return when that is committed.

        What an earlier call recorded already is left out; what can not be recorded is put to the dead letters.

        Raises:
            Transient: nothing of it was kept, or it is not known; call again with the same entries.
        """
