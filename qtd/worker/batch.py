"""One batch: read under the lock, record, trim."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from qtd.clock import Clock
from qtd.errors import Transient
from qtd.log.logger import Logger
from qtd.queue.contract import Lock, Queues
from qtd.store.native import BatchResult
from qtd.worker.keeping import Keep, not_kept
from qtd.worker.recorder import Recorder
from qtd.worker.told import tell


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchStep:
    """Moves the head of a locked queue into the database."""

    queues: Queues
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
    def hold(self, queue: int) -> Iterator[Lock | None]:
        """Take the queue's lock for as long as the context lasts; gives None where somebody else has it.

        Raises:
            BrokerUnavailable: the lock could not be asked for.
        """
        lock = self.queues.acquire(queue, self.lock_seconds)
        if lock is None:
            yield None
            return
        try:
            with self.keep(lock):
                yield lock
        finally:
            self._give_back(lock)

    def run(self, lock: Lock, limit: int | None = None) -> BatchResult | None:
        """Record one batch (of at most `limit` entries) and remove it from the queue; None where that is empty.

        Raises:
            LockLost: somebody else has the queue now; what was recorded will be recognised by its identities.
            Transient: broker or database failed; nothing was removed.
        """
        most = self.max_requests if limit is None else min(limit, self.max_requests)
        stored = self.queues.read(lock.queue, most)
        if not stored:
            return None
        began = self.clock.monotonic()
        self.queues.extend(lock, self.lock_seconds)
        result = self.recorder.record(lock.queue, stored)
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
