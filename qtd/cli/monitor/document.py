"""A look for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from qtd.cli.monitor.look import Look
from qtd.cli.monitor.rates import Rate, total
from qtd.queue.lag import Backlog
from qtd.queue.lock_token import holder_of
from qtd.store.ledger_totals import QueueTotals


def document(look: Look, rates: Mapping[int, Rate]) -> dict[str, Any]:
    """Return it as what JSON can say; null is what is not known, or does not exist."""
    backlogs = look.backlogs
    lags = [backlog.lag for backlog in backlogs or () if backlog.lag is not None]
    recorded = look.recorded
    return {
        "time": round(look.time, 3),
        "changing_to": look.target,
        "waiting": None if backlogs is None else sum(backlog.state.waiting for backlog in backlogs),
        "lag_seconds": round(max(lags), 3) if lags else None,
        **_rate(total(rates)),
        "locks": None
        if backlogs is None
        else sum(backlog.state.lock_holder is not None for backlog in backlogs),
        "recorded_entries": None
        if recorded is None
        else sum(totals.entries for totals in recorded.totals.values()),
        "dead_letters": None if recorded is None else recorded.dead_letters,
        "memory": None
        if look.memory is None
        else [
            {"used_bytes": server.used, "peak_bytes": server.peak, "max_bytes": server.most}
            for server in look.memory
        ],
        "spool": None if look.spool is None else asdict(look.spool),
        "troubles": dict(look.troubles),
        "queues": None
        if backlogs is None
        else [
            _queue(
                backlog,
                rates.get(backlog.state.queue),
                None if recorded is None else recorded.totals.get(backlog.state.queue),
            )
            for backlog in backlogs
        ],
    }


def _queue(backlog: Backlog, rate: Rate | None, totals: QueueTotals | None) -> dict[str, Any]:
    state = backlog.state
    lock = None
    if state.lock_holder is not None:
        lock = {
            "token": state.lock_holder,
            "holder": holder_of(state.lock_holder),
            "seconds_left": state.lock_seconds_left,
        }
    return {
        "queue": state.queue,
        "waiting": state.waiting,
        "lag_seconds": None if backlog.lag is None else round(backlog.lag, 3),
        "lag_unknown": backlog.lag_unknown,
        **_rate(rate),
        "lock": lock,
        "recorded_entries": None if totals is None else totals.entries,
        "last_batch": None if totals is None else totals.last_batch,
        "fence": None if totals is None else totals.fence,
    }


def _rate(rate: Rate | None) -> dict[str, float | None]:
    return {
        "rate_in": None if rate is None else round(rate.into, 2),
        "rate_out": None if rate is None else round(rate.out, 2),
    }
