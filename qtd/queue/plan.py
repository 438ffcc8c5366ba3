"""How evenly the visitors who wait now would spread over another number of queues."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtd.queue.partitioner import queue_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from qtd.queue.contract import Queues


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """What each of a number of queues would have."""

    #: Different visitors, by queue.
    visitors: tuple[int, ...]
    #: Their requests, by queue.
    requests: tuple[int, ...]

    @property
    def fullest(self) -> float:
        """How many times the requests of an even share the fullest queue has; 1 is even, 0 is nothing at all."""
        total = sum(self.requests)
        return max(self.requests) * len(self.requests) / total if total else 0.0


def visitors_waiting(queues: Queues, keys: Callable[[bytes], Iterable[str]], *, limit: int) -> Counter[str]:
    """Return the waiting requests of each visitor, by what decides about his queue.

    Looks at no more than `limit` entries of each queue, those at its head, and removes nothing. `keys` gives
    an entry's visitors, one for each request (`qtd.queue.routing.Router.keys`).
    """
    visitors: Counter[str] = Counter()
    for queue in range(queues.count):
        for stored in queues.read(queue, limit):
            visitors.update(keys(stored))
    return visitors


def spreads(visitors: Counter[str], counts: Sequence[int]) -> dict[int, Spread]:
    """Return for each number of queues how the visitors would spread."""
    found = {}
    for count in counts:
        people, requests = [0] * count, [0] * count
        for key, waiting in visitors.items():
            queue = queue_of(key, count)
            people[queue] += 1
            requests[queue] += waiting
        found[count] = Spread(visitors=tuple(people), requests=tuple(requests))
    return found
