"""What the log hears of a recorded batch."""

from __future__ import annotations

from qtd.log.events.dead_letters import EntryDead
from qtd.log.events.worker import BatchApplied
from qtd.log.logger import Logger
from qtd.store.native import BatchResult


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
