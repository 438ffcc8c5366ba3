"""Lag: the age of the oldest entry that waits in a queue, the plugin's entries included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtd.errors import UndecodableEntry
from qtd.wire.request_set import decode

if TYPE_CHECKING:
    from qtd.queue.contract import Queues, QueueState


@dataclass(frozen=True, kw_only=True, slots=True)
class Backlog:
    """What waits in one queue, and since when."""

    state: QueueState
    #: The first entry; None where nothing waits.
    head: bytes | None
    #: Its age in seconds; None where nothing waits, and where it can not be decoded.
    lag: float | None

    @property
    def lag_unknown(self) -> bool:
        """Something waits that does not say since when; the worker that reads it will put it away."""
        return self.head is not None and self.lag is None


def backlogs(queues: Queues, now: float) -> list[Backlog]:
    """Return what waits in each queue at Unix time `now`, by its number; two round trips.

    Raises:
        BrokerUnavailable: the broker does not say.
    """
    return [
        Backlog(state=state, head=head, lag=None if head is None else entry_age(head, now))
        for state, head in zip(queues.states(), queues.heads(), strict=True)
    ]


def head_age(queues: Queues, queue: int, now: float) -> float | None:
    """Return the age in seconds of a queue's first entry at Unix time `now`; None as for `Backlog.lag`.

    Raises:
        BrokerUnavailable: the broker does not say.
    """
    head = queues.read(queue, 1)
    return entry_age(head[0], now) if head else None


def entry_age(stored: bytes, now: float) -> float | None:
    """Return the age in seconds of a stored entry at Unix time `now`; None where it can not be decoded.

    Never below 0, whatever other machines' clocks say.
    """
    try:
        return max(0.0, now - decode(stored).time)
    except UndecodableEntry:
        return None
