"""What the queues ask for at one moment: how much waits, since when, and who is at it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from qtd.queue.contract import Queues
from qtd.queue.lag import Backlog, backlogs


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueDemand:
    """One queue."""

    #: from 0
    queue: int
    #: entries in it
    waiting: int
    #: age of the first entry in seconds; 0 where nothing waits, and where it is not known
    lag: float
    #: what tells the first entry from any other; None where nothing waits
    head: bytes | None
    #: held by a lock that never expires, which no worker of ours takes
    held_for_ever: bool
    #: the first entry does not say when it came: it can not be decoded
    lag_unknown: bool = False


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
        """The queue with the greatest lag; one whose lag is not known comes before those where nothing waits."""
        return max(self.queues, key=lambda queue: (queue.lag, queue.lag_unknown))


def observe(queues: Queues, now: float) -> Demand:
    """Return the demand at Unix time `now`.

    Raises:
        BrokerUnavailable: the broker does not say.
    """
    return Demand(queues=tuple(_demand(backlog) for backlog in backlogs(queues, now)))


def _demand(backlog: Backlog) -> QueueDemand:
    state, head = backlog.state, backlog.head
    return QueueDemand(
        queue=state.queue,
        waiting=state.waiting,
        lag=backlog.lag or 0.0,
        lag_unknown=backlog.lag_unknown,
        head=None if head is None else blake2b(head, digest_size=16).digest(),
        held_for_ever=state.lock_holder is not None and state.lock_seconds_left is None,
    )
