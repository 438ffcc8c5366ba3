"""What the log hears of a batch: that it is recorded, that it is done again, that its lock was lost."""

from __future__ import annotations

from qtd.errors import Transient
from qtd.log.events.dead_letters import EntryDead
from qtd.log.events.worker import BatchApplied, BatchRetried, QueueLockLost
from qtd.log.logger import Logger
from qtd.store.native import BatchResult
from qtd.worker.backoff import Backoff


def tell(logger: Logger, queue: int, result: BatchResult, *, entries: int, seconds: float) -> None:
    """Log each entry that died, and the batch."""
    for entry, cause in result.dead_entries:
        logger.emit(EntryDead(queue=queue, entry=entry, cause=cause))
    logger.emit(
        BatchApplied(
            queue=queue,
            entries=entries,
            requests=result.recorded + result.excluded + result.dead + result.repeated,
            recorded=result.recorded,
            excluded=result.excluded,
            rules=", ".join(f"{rule} {count}" for rule, count in result.rules.most_common()),
            dead=result.dead,
            seconds=round(seconds, 4),
        )
    )


def tell_retry(logger: Logger, queue: int, error: Transient, backoff: Backoff) -> float:
    """Count a failure of a batch and log it; return the seconds until it is done again."""
    pause = backoff.failed()
    logger.emit(
        BatchRetried(queue=queue, attempt=backoff.failures, cause=str(error), pause_seconds=round(pause, 3))
    )
    return pause


def tell_lock_lost(logger: Logger, queue: int, *, seconds: float) -> None:
    """Log that a queue's lock ran out; `seconds` since it was taken."""
    logger.emit(QueueLockLost(queue=queue, seconds=round(seconds, 3)))
