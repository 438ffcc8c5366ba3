"""Looks that say what a test wants to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qtd.cli.monitor.look import Look, Recorded
from qtd.queue.contract import QueueState
from qtd.queue.lag import Backlog
from qtd.store.ledger_totals import QueueTotals


def backlog(
    queue: int,
    waiting: int,
    lag: float | None = None,
    *,
    holder: str | None = None,
    left: float | None = None,
) -> Backlog:
    """A queue; one where entries wait without a lag has a first entry that can not be decoded."""
    state = QueueState(queue=queue, waiting=waiting, lock_holder=holder, lock_seconds_left=left)
    return Backlog(state=state, head=b"head" if waiting else None, lag=lag)


def look(*backlogs: Backlog, moment: float = 0, recorded: Sequence[int] | None = (), **more: Any) -> Look:
    """A look at queues from which so many entries were `recorded`, by queue; None: the database does not say."""
    known = None
    if recorded is not None:
        totals = {
            queue: QueueTotals(fence=1, entries=entries, last_batch=1)
            for queue, entries in enumerate(recorded)
        }
        known = Recorded(totals=totals, dead_letters=0)
    values: Mapping[str, Any] = {
        "time": 1_795_277_828.0 + moment,
        "moment": moment,
        "backlogs": backlogs,
        "recorded": known,
        "memory": (),
        "spool": None,
        "spool_known": True,
        "target": None,
        "troubles": {},
    }
    return Look(**{**values, **more})
