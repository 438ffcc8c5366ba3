"""The contract of every queue backend: what ingest, worker and supervisor may rely on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: No configuration has more queues (`queue.count`); the lock of this number guards changes of it.
MOST_QUEUES: Final = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """The right to read and trim one queue, for as long as the broker has not let it expire."""

    #: The queue's number, from 0.
    queue: int
    #: What the holder proves it with: 12 random characters, as the plugin's, or more (`qtd.queue.lock_token`).
    token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldLock:
    """A lock that somebody holds, as others see it."""

    #: The queue's number, from 0; it may be beyond those in use.
    queue: int
    #: Who `qtd.queue.lock_token.holder_of` says.
    token: str
    #: Seconds until it expires; None if it never does.
    seconds_left: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueState:
    """One queue at one moment, for people and for scaling."""

    #: The queue's number, from 0.
    queue: int
    #: Entries in it.
    waiting: int
    #: The token of whoever holds its lock (a PHP processor, maybe), None if nobody does.
    lock_holder: str | None
    #: Seconds until that lock expires; None if nobody holds it, or if it never expires (somebody set it by
    #: hand).
    lock_seconds_left: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbering:
    """How many queues are in force, as the broker keeps it for everybody."""

    #: By which visitors are given to queues; 0: by none, for the moment in which a cluster's servers are told
    #: another number.
    count: int
    #: To what number a change is under way, or was interrupted; None: there is none.
    target: int | None = None

    def __str__(self) -> str:
        """Return it as brokers keep it: `4`, `4 8` before entries begin to move, `8 8` after."""
        return f"{self.count}" if self.target is None else f"{self.count} {self.target}"

    @classmethod
    def parse(cls, text: str) -> Numbering:
        """Return what `str` made; ValueError: it did not."""
        count, _, target = text.partition(" ")
        return cls(count=int(count), target=int(target) if target else None)


class Queues(Protocol):
    """`count` queues of entries, numbered from 0, in one broker.

    Opening connects to nothing: the first call does, or `ping`. One object may be used from several threads
    at once, and several processes may use the same broker through objects of their own (the memory backend
    ends at its process); an object does not survive a fork. Every call ends in finite time. Any call may
    raise BrokerUnavailable, with the broker's reason and no entry's content in its text; a queue's number
    outside `count` is a bug and raises ValueError.
    """

    #: How many queues there are.
    count: int

    def push(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """Append each `(queue, stored bytes)` to its queue, in the order given.

        That is one round trip where the broker allows it, and at return all of them are as durable as the
        broker makes things. What another thread or process pushes at the same time may come between them, but
        a reader never sees an entry and later one before it in the same queue.

        Raises:
            BrokerUnavailable: some or all may not be stored; any of them may be. Pushing the same bytes again
                is safe where entries carry an id, because the ledger applies an identity once.
        """

    def push_in_force(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """Do as `push`, but only while `count` is the number of queues in force, checked where they are pushed.

        So whoever goes by an old number finds out, however late he comes.

        Raises:
            QueuesRenumbered: it is another one; the error has the entries that were not pushed. What belongs
                to one queue is all pushed, or all not.
            BrokerUnavailable: as for `push`.
        """

    def numbering(self) -> Numbering | None:
        """Return how many queues are in force; None: nobody has said yet."""

    def adopt(self, numbering: Numbering) -> Numbering:
        """Put a number into force unless there is one; return what is in force then."""

    def renumber(self, numbering: Numbering) -> None:
        """Put a number into force for all queues below `count`; for who is alone in doing so (`qtd.queue.resize`)."""

    def used(self) -> list[int]:
        """Return the numbers of all queues that hold entries, also from `count` on, in ascending order."""

    def with_count(self, count: int, token: Callable[[], str] | None = None) -> Queues:
        """Return the same broker's queues in another number; closing either closes both.

        `token` makes the tokens of locks from there on; None: they are made as here.
        """

    def read(self, queue: int, limit: int) -> list[bytes]:
        """Return up to `limit` entries from the queue's head, oldest first; remove nothing, need no lock."""

    def heads(self) -> list[bytes | None]:
        """Return the first entry of each queue, by its number, in one round trip; None where nothing waits."""

    def trim(self, lock: Lock, entries: Sequence[bytes]) -> None:
        """Remove `entries` from the head of the lock's queue: what `read` returned, or the beginning of that.

        Not a number of entries: a broker that fails over or is restored may have other entries at the head
        than those that were read and recorded, and must not lose them. All are removed, or none. The check
        that they are still there and their removal are one atomic step, so is the check of the lock, except
        on a Redis cluster (see `qtd.queue.redis_locks`).

        Raises:
            LockLost: the lock is not ours any more; nothing was removed.
            QueueChanged: the queue begins with something else; nothing was removed, read again.
            BrokerUnavailable: whether they were removed is not known; read again.
        """

    def prepend(self, lock: Lock, entries: Sequence[bytes]) -> None:
        """Put `entries` before the head of the lock's queue, in the order given: the first becomes the head.

        Entries that were taken off another queue go where they belong this way, before what has been pushed
        since.

        Raises:
            LockLost: the lock is not ours any more; nothing was added.
            BrokerUnavailable: whether they were added is not known. Adding them again is safe where entries
                carry an id, because the ledger applies an identity once.
        """

    def lengths(self) -> list[int]:
        """Return how many entries each queue holds, by its number."""

    def acquire(self, queue: int, seconds: int) -> Lock | None:
        """Take the queue's lock for `seconds` (at least 1), or return None at once if somebody holds it."""

    def extend(self, lock: Lock, seconds: int) -> None:
        """Let the lock expire `seconds` from now, by the broker's clock.

        Raises:
            LockLost: the lock is not ours any more.
        """

    def release(self, lock: Lock) -> bool:
        """Give the lock back; return False if it was not ours any more (then nothing is changed).

        A lock that `locks` has found may be given back in its holder's place.
        """

    def states(self) -> list[QueueState]:
        """Return the state of every queue, by its number."""

    def locks(self) -> list[HeldLock]:
        """Return the locks of queues 0 to MOST_QUEUES that are held, by number, those beyond `count` included.

        Somebody who has another number of queues may hold those, or a change of the number (`qtd.queue.resize`).
        """

    def ping(self) -> None:
        """Ask the broker for a sign of life, and make ready what the other calls need (tables, say)."""

    def close(self) -> None:
        """Close all connections; the object is not used afterwards."""
