"""Queues in this process' memory: for tests, and for nothing that must last."""

from __future__ import annotations

from collections import defaultdict, deque
from itertools import islice
from threading import Lock as Mutex
from typing import TYPE_CHECKING

from qtd.errors import BrokerUnavailable, LockLost, QueueChanged, QueuesRenumbered
from qtd.queue.contract import MOST_QUEUES, HeldLock, Lock, Numbering, QueueState
from qtd.queue.grouping import by_queue, check_queue
from qtd.queue.lock_token import new_token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtd.clock import Clock


class MemoryBroker:
    """What several `MemoryQueues` share, as if they were several processes."""

    def __init__(self) -> None:
        self.queues: dict[int, deque[bytes]] = defaultdict(deque)
        #: queue: token, and expiry in the clock's monotonic seconds
        self.locks: dict[int, tuple[str, float]] = {}
        self.numbering: Numbering | None = None
        self.mutex = Mutex()
        self.unavailable: str | None = None


class MemoryQueues:
    """The contract (`qtd.queue.contract.Queues`) over deques; locks expire by the given clock."""

    def __init__(
        self,
        *,
        count: int,
        clock: Clock,
        token: Callable[[], str] = new_token,
        broker: MemoryBroker | None = None,
    ) -> None:
        self.count = count
        self._clock = clock
        self._token = token
        self._broker = broker or MemoryBroker()
        self._queues = self._broker.queues
        self._locks = self._broker.locks
        self._mutex = self._broker.mutex

    def become(self, unavailable: str | None) -> None:
        """Fail every call from now on with this reason, or work again (None): to test a broker's failure."""
        self._broker.unavailable = unavailable

    def push(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """See `Queues.push`."""
        groups = by_queue(entries, self.count)
        self.ping()
        with self._mutex:
            for queue, stored in groups.items():
                self._queues[queue].extend(stored)

    def push_in_force(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """See `Queues.push_in_force`."""
        groups = by_queue(entries, self.count)
        self.ping()
        with self._mutex:
            numbering = self._broker.numbering
            if groups and (numbering is None or numbering.count != self.count):
                raise QueuesRenumbered(None if numbering is None else numbering.count, list(entries))
            for queue, stored in groups.items():
                self._queues[queue].extend(stored)

    def numbering(self) -> Numbering | None:
        """See `Queues.numbering`."""
        self.ping()
        return self._broker.numbering

    def adopt(self, numbering: Numbering) -> Numbering:
        """See `Queues.adopt`."""
        self.ping()
        with self._mutex:
            if self._broker.numbering is None:
                self._broker.numbering = numbering
            return self._broker.numbering

    def renumber(self, numbering: Numbering) -> None:
        """See `Queues.renumber`."""
        self.ping()
        with self._mutex:
            self._broker.numbering = numbering

    def used(self) -> list[int]:
        """See `Queues.used`."""
        self.ping()
        with self._mutex:
            return sorted(queue for queue, held in self._queues.items() if held and queue < MOST_QUEUES)

    def with_count(self, count: int, token: Callable[[], str] | None = None) -> MemoryQueues:
        """See `Queues.with_count`."""
        return MemoryQueues(count=count, clock=self._clock, token=token or self._token, broker=self._broker)

    def read(self, queue: int, limit: int) -> list[bytes]:
        """See `Queues.read`."""
        check_queue(queue, self.count)
        self.ping()
        with self._mutex:
            return list(islice(self._queues[queue], max(limit, 0)))

    def heads(self) -> list[bytes | None]:
        """See `Queues.heads`."""
        self.ping()
        with self._mutex:
            return [next(iter(self._queues[queue]), None) for queue in range(self.count)]

    def trim(self, lock: Lock, entries: Sequence[bytes]) -> None:
        """See `Queues.trim`."""
        check_queue(lock.queue, self.count)
        self.ping()
        with self._mutex:
            self._check(lock)
            waiting = self._queues[lock.queue]
            if list(islice(waiting, len(entries))) != list(entries):
                raise QueueChanged
            for _ in entries:
                waiting.popleft()

    def prepend(self, lock: Lock, entries: Sequence[bytes]) -> None:
        """See `Queues.prepend`."""
        check_queue(lock.queue, self.count)
        self.ping()
        with self._mutex:
            self._check(lock)
            self._queues[lock.queue].extendleft(reversed(entries))

    def lengths(self) -> list[int]:
        """See `Queues.lengths`."""
        self.ping()
        with self._mutex:
            return [len(self._queues[queue]) for queue in range(self.count)]

    def acquire(self, queue: int, seconds: int) -> Lock | None:
        """See `Queues.acquire`."""
        check_queue(queue, self.count)
        self.ping()
        with self._mutex:
            if self._holder(queue) is not None:
                return None
            lock = Lock(queue=queue, token=self._token())
            self._locks[queue] = (lock.token, self._clock.monotonic() + seconds)
            return lock

    def extend(self, lock: Lock, seconds: int) -> None:
        """See `Queues.extend`."""
        self.ping()
        with self._mutex:
            self._check(lock)
            self._locks[lock.queue] = (lock.token, self._clock.monotonic() + seconds)

    def release(self, lock: Lock) -> bool:
        """See `Queues.release`."""
        self.ping()
        with self._mutex:
            if self._holder(lock.queue) != lock.token:
                return False
            del self._locks[lock.queue]
            return True

    def states(self) -> list[QueueState]:
        """See `Queues.states`."""
        self.ping()
        with self._mutex:
            return [self._state(queue) for queue in range(self.count)]

    def locks(self) -> list[HeldLock]:
        """See `Queues.locks`."""
        self.ping()
        with self._mutex:
            now = self._clock.monotonic()
            return [
                HeldLock(queue=queue, token=token, seconds_left=expires - now)
                for queue, (token, expires) in sorted(self._locks.items())
                if expires > now
            ]

    def ping(self) -> None:
        """See `Queues.ping`."""
        if self._broker.unavailable is not None:
            raise BrokerUnavailable(self._broker.unavailable)

    def close(self) -> None:
        """See `Queues.close`."""

    def _holder(self, queue: int) -> str | None:
        token, expires = self._locks.get(queue, (None, 0.0))
        return token if expires > self._clock.monotonic() else None

    def _check(self, lock: Lock) -> None:
        if self._holder(lock.queue) != lock.token:
            raise LockLost

    def _state(self, queue: int) -> QueueState:
        holder = self._holder(queue)
        left = None if holder is None else self._locks[queue][1] - self._clock.monotonic()
        waiting = len(self._queues[queue])
        return QueueState(queue=queue, waiting=waiting, lock_holder=holder, lock_seconds_left=left)
