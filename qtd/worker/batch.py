"""One batch: read under the lock, record, trim."""

from __future__ import annotations

from dataclasses import dataclass

from qtd.clock import Clock
from qtd.log.events import BatchApplied, EntryDead
from qtd.log.logger import Logger
from qtd.queue.contract import Lock, Queues
from qtd.store.native import BatchResult
from qtd.worker.recorder import Recorder


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchStep:
    """Moves the head of a locked queue into the database."""

    queues: Queues
    recorder: Recorder
    clock: Clock
    logger: Logger
    #: most entries in one batch
    max_requests: int
    #: seconds for which the lock is taken before each step that may be slow
    lock_seconds: int

    def run(self, lock: Lock) -> BatchResult | None:
        """Record one batch and remove it from the queue; None where the queue is empty.

        Raises:
            LockLost: somebody else has the queue now; what was recorded will be recognised by its identities.
            Transient: broker or database failed; nothing was removed.
        """
        stored = self.queues.read(lock.queue, self.max_requests)
        if not stored:
            return None
        began = self.clock.monotonic()
        self.queues.extend(lock, self.lock_seconds)
        result = self.recorder.record(lock.queue, stored)
        self.queues.trim(lock, stored)
        for entry, cause in result.dead_entries:
            self.logger.emit(EntryDead(queue=lock.queue, entry=entry, cause=cause))
        self.logger.emit(
            BatchApplied(
                queue=lock.queue,
                entries=len(stored),
                requests=result.recorded + result.excluded + result.dead + result.repeated,
                recorded=result.recorded,
                excluded=result.excluded,
                rules=", ".join(f"{rule} {count}" for rule, count in result.rules.most_common()),
                dead=result.dead,
                seconds=round(self.clock.monotonic() - began, 4),
            )
        )
        return result
