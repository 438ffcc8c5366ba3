"""What the ledger counts of each queue, for people who watch."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, text

from qtd.db.transaction import reading


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueTotals:
    """Of one queue, since the ledger was made."""

    #: how often its lock was taken; batches commit only under the newest
    fence: int
    #: entries that were applied
    entries: int
    #: Unix seconds of the last batch; None: there was none
    last_batch: int | None


def ledger_totals(engine: Engine, prefix: str = "") -> dict[int, QueueTotals]:
    """The totals by queue; those of queues that nobody has worked on are missing.

    Raises what `qtd.db.transaction.reading` names.
    """
    statement = text(f"SELECT queue, fence, entries, time FROM `{prefix}qtd_ledger`")
    with reading(engine) as connection:
        return {
            queue: QueueTotals(fence=int(fence), entries=int(entries), last_batch=int(time) or None)
            for queue, fence, entries, time in connection.execute(statement)
        }
