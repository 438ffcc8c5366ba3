"""What the queues ask for at one moment: how much waits, since when, and who is at it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from qtd.queue.contract import Queues
from qtd.worker.lag import entry_age


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueDemand:
    """One queue."""

    #: from 0
    queue: int
    #: entries in it
    waiting: int
    #: age of the first entry in seconds; 0 where nothing waits
    lag: float
    #: what tells the first entry from any other; None where nothing waits
    head: bytes | None
    #: held by a lock that never expires, which no worker of ours takes
    held_for_ever: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Demand:
    """All queues."""

    queues: tuple[QueueDemand, ...]

    @property
    def waiting(self) -> int:
        """Entries in all queues."""
        return sum(queue.waiting for queue in self.queues)

    @property
    def latest(self) -> QueueDemand:
        """The queue with the greatest lag."""
        return max(self.queues, key=lambda queue: queue.lag)


def observe(queues: Queues, now: float) -> Demand:
    """Return the demand at Unix time `now`.

    Raises:
        BrokerUnavailable: the broker does not say.
    """
    return Demand(queues=tuple(_observed(queues, now)))


def _observed(queues: Queues, now: float) -> list[QueueDemand]:
    found = []
    for state in queues.states():
        first = queues.read(state.queue, 1) if state.waiting else []
        found.append(
            QueueDemand(
                queue=state.queue,
                waiting=state.waiting,
                lag=entry_age(first[0], now) if first else 0.0,
                head=blake2b(first[0], digest_size=16).digest() if first else None,
                held_for_ever=state.lock_holder is not None and state.lock_seconds_left is None,
            )
        )
    return found
