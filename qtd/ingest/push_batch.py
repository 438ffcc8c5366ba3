"""The requests of one push: where their entries are by now, and whom to tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from qtd.errors import QtdError
from qtd.ingest.pushing import Entries, Numbers

#: Told when the entries are durable (None) or why they are not; and whether some of them are in the spool.
Done: TypeAlias = Callable[[QtdError | None, bool], None]
#: Entries, whom to tell, and the number of queues by which theirs were found.
Waiting: TypeAlias = "tuple[Entries, Done, int]"


class PushBatch:
    """Some requests' entries on their way; called, it tells all of them what became of it."""

    __slots__ = ("began", "direct", "error", "groups", "queues", "refused", "refused_entries", "spooled")

    def __init__(self, groups: list[Waiting], queues: int) -> None:
        self.groups = groups
        #: By so many queues the entries' were found.
        self.queues = queues
        #: What is to be pushed.
        self.direct: Entries = [entry for entries, _, _ in groups for entry in entries]
        #: Entries that are in the spool.
        self.spooled: set[bytes] = set()
        #: Entries that are nowhere, how many those are, and why the last of them.
        self.refused: set[bytes] = set()
        self.refused_entries = 0
        self.error: QtdError | None = None
        #: When the push began, by the monotonic clock.
        self.began = 0.0

    def route(self, queues: int, numbers: Numbers) -> None:
        """Find the queues of what was not found for so many."""
        if self.queues == queues and all(found == queues for _, _, found in self.groups):
            return
        self.direct = numbers.routed(self.direct, queues)
        self.groups = [
            (entries if found == queues else numbers.routed(entries, queues), done, queues)
            for entries, done, found in self.groups
        ]
        self.queues = queues

    def refuse(self, entries: Entries, error: QtdError) -> None:
        """Note that nothing took entries."""
        self.refused.update(stored for _, stored in entries)
        self.refused_entries += len(entries)
        self.error = error

    def __call__(self) -> None:
        """Tell everybody; in the event loop's thread."""
        if not self.spooled and not self.refused:
            for _, done, _ in self.groups:
                done(None, False)
            return
        for entries, done, _ in self.groups:
            failed = any(stored in self.refused for _, stored in entries)
            done(self.error if failed else None, any(stored in self.spooled for _, stored in entries))
