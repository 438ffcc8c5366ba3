"""Finds workers that run but do not get on: the first entry of a queue of theirs waits, untouched."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from qtd.supervisor.demand import Demand, QueueDemand


@dataclass(frozen=True, kw_only=True, slots=True)
class Stall:
    """One queue that does not get on."""

    queue: int
    #: for which the same entry was its first
    seconds: float
    #: whose queue it is; None: the lock never expires, no worker is to blame
    worker: int | None


class Stalls:
    """Watches the heads of all queues. Patience doubles with each stall of a queue until it gets on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        #: queue -> its head, when that was first seen (monotonic), seconds until that is a stall
        self._heads: dict[int, tuple[bytes, float, float]] = {}

    def find(self, demand: Demand, now: float, *, share: int, running: Container[int]) -> Iterator[Stall]:
        """Yield the stalls at monotonic time `now`; a worker of `share` has every `share`-th queue.

        A queue whose worker does not run is the business of whoever starts workers.
        """
        for queue in demand.queues:
            since, patience = self._seen(queue, now)
            if queue.head is None or now - since < patience:
                continue
            worker = None if queue.held_for_ever else queue.queue % share + 1
            if worker is None or worker in running:
                self._heads[queue.queue] = (queue.head, now, patience * 2)
                yield Stall(queue=queue.queue, seconds=now - since, worker=worker)

    def forgive(self) -> None:
        """Begin anew: what the workers need was away."""
        self._heads.clear()

    def _seen(self, queue: QueueDemand, now: float) -> tuple[float, float]:
        if queue.head is None:
            self._heads.pop(queue.queue, None)
            return now, self._seconds
        known = self._heads.get(queue.queue)
        if known is None or known[0] != queue.head:
            self._heads[queue.queue] = (queue.head, now, self._seconds)
            return now, self._seconds
        return known[1], known[2]
