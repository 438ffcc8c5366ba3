"""Whether every request is accounted for: accepted = recorded + excluded + dead + waiting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from qtd.errors import UndecodableEntry
from qtd.wire.request_set import decode


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """Tracking requests by what became of them; each number was counted somewhere else."""

    #: by the clients: answered with success, in a bulk request each that the answer calls tracked
    accepted: int
    #: by the workers: in the database
    recorded: int
    #: by the workers: kept out by a rule
    excluded: int
    #: in the entries of the dead letters' table
    dead: int
    #: in the entries that are still in the queues
    waiting: int
    #: that were sent without an answer: accepted or not, nobody knows
    unanswered: int = 0

    @property
    def difference(self) -> int:
        """Requests that were accepted and are nowhere; below zero: that are there and were never accepted."""
        return self.accepted - self.recorded - self.excluded - self.dead - self.waiting

    @property
    def adds_up(self) -> bool:
        """Whether nothing is missing and nothing is there twice."""
        return -self.unanswered <= self.difference <= 0

    def as_dict(self, *, seconds: float) -> dict[str, int | float]:
        """The interface of `--json`."""
        values: dict[str, int | float] = asdict(self)
        del values["unanswered"]
        return values | {"seconds": round(seconds, 1)}


def requests_in(entries: Iterable[bytes]) -> int:
    """How many tracking requests the entries hold; one that can not be read counts as one."""
    total = 0
    for stored in entries:
        try:
            total += len(decode(stored).requests)
        except UndecodableEntry:
            total += 1
    return total
