"""One batch: read under the lock, record, trim."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from qtd.clock import Clock
from qtd.errors import Transient
from qtd.log.logger import Logger
from qtd.queue.contract import Lock
from qtd.queue.source import Source
from qtd.store.native import BatchResult
from qtd.worker.keeping import Keep, not_kept
from qtd.worker.recorder import Recorder
from qtd.worker.told import tell


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """A queue that is ours, until somebody else takes it."""

    #: in the broker
    lock: Lock
    #: in the database, taken after the lock: the lock alone may expire without our noticing
    fence: int

    @property
    def queue(self) -> int:
        """The queue's number."""
        return self.lock.queue


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchStep:
    """Moves the head of a locked queue into the database."""

    queues: Source
    recorder: Recorder
    clock: Clock
    logger: Logger
    #: most entries in one batch
    max_requests: int
    #: seconds for which the lock is taken, and extended before each batch
    lock_seconds: int
    #: extends the lock while a batch takes longer than that
    keep: Keep = not_kept

    @contextmanager
    def hold(self, queue: int) -> Iterator[Hold | None]:
        """Take the queue's lock and a fence for as long as the context lasts; gives None where somebody else has it.

        Raises:
            BrokerUnavailable: the lock could not be asked for.
            Transient: the fence could not be taken; the lock is given back.
        """
        lock = self.queues.acquire(queue, self.lock_seconds)
        if lock is None:
            yield None
            return
        try:
            with self.keep(lock):
                yield Hold(lock=lock, fence=self.recorder.fence(queue))
        finally:
            self._give_back(lock)

    def run(self, hold: Hold, limit: int | None = None) -> BatchResult | None:
        """Record one batch (of at most `limit` entries) and remove it from the queue; None where that is empty.

        Raises:
            LockLost: somebody else has the queue now; nothing was removed, and what was recorded will be recognised by
                its identities.
            Transient: broker or database failed; nothing was removed.
        """
        lock = hold.lock
        most = self.max_requests if limit is None else min(limit, self.max_requests)
        stored = self.queues.read(lock.queue, most)
        if not stored:
            return None
        began = self.clock.monotonic()
        self.queues.extend(lock, self.lock_seconds)
        result = self.recorder.record(lock.queue, stored, fence=hold.fence)
        self.queues.trim(lock, stored)
        seconds = self.clock.monotonic() - began
        tell(self.logger, lock.queue, result, entries=len(stored), seconds=seconds)
        return result

    def _give_back(self, lock: Lock) -> None:
        try:
            self.queues.release(lock)
        except Transient:
            # It expires by itself. Why it can not be given back is what the broker's next user hears, too; raised
            # here it would take the place of the error that ended the work.
            return
