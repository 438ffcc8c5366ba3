"""Lag: the age of the oldest entry that waits in a queue."""

from __future__ import annotations

from qtd.errors import UndecodableEntry
from qtd.queue.contract import Queues
from qtd.wire.request_set import decode


def head_age(queues: Queues, queue: int, now: float) -> float | None:
    """Return the age in seconds of a queue's first entry at Unix time `now`; None where nothing waits.

    An entry that can not be decoded has no age and counts as new; the worker will put it away.

    Raises:
        BrokerUnavailable: the broker does not say.
    """
    head = queues.read(queue, 1)
    return entry_age(head[0], now) if head else None


def entry_age(stored: bytes, now: float) -> float:
    """Return the age in seconds of a stored entry at Unix time `now`; never below 0, whatever other clocks say."""
    try:
        return max(0.0, now - decode(stored).time)
    except UndecodableEntry:
        return 0.0
