"""`qtd audit`: whether everything that was taken from the queues is accounted for."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import orjson
from rich.console import Console
from rich.table import Table

from qtd.cli.dead_letters.text import when
from qtd.cli.setup import EXIT_FAILED, config_option
from qtd.cli.tables import Tables, opened
from qtd.clock import Clock, SystemClock
from qtd.errors import BrokerUnavailable
from qtd.queue.open import open_queues
from qtd.store.audit import Audit, audit
from qtd.store.counters import Counters
from qtd.store.tally import Stage

_UNITS: Final = {"m": 60, "h": 3600, "d": 86400}

#: Differences shown to people; `--json` has all.
_MOST: Final = 50


@click.command()
@click.option(
    "--since",
    default="24h",
    show_default=True,
    metavar="WHEN",
    help="How far back: 90m, 24h, 7d; or a time in UTC: 2026-11-21T12:00.",
)
@click.option(
    "--others-write", is_flag=True, help="Matomo records into these tables, too: more rows are no fault."
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@config_option
def command(*, since: str, others_write: bool, as_json: bool, config_path: Path | None) -> None:
    """Compare what was taken from the queues with what became of it and with the database, by site and minute.

    Workers may go on meanwhile. Rows that others insert or delete (Matomo's own tracker, the deletion of old logs) are
    differences, too. Counters are kept for keep.counters_days.

    Exit code 0: all adds up. 1: it does not, each difference named with site, minute and stage; or the database failed.
    2: wrong usage, configuration or tables.

    \b
    Example:
      qtd audit
      qtd audit --since 7d --json
    """
    clock = SystemClock()
    with opened(config_path) as tables:
        days = tables.config.keep.counters_days
        counters = Counters(tables.engine, tables.prefix, clock=clock, days=days)
        minute = _minute(since, clock)
        if minute < counters.oldest:
            raise click.UsageError(f"--since: counters are kept for {days} days (keep.counters_days)")
        # With engine http it is Matomo that writes rows, if these are its tables at all.
        elsewhere = others_write or tables.config.engine != "native"
        found = audit(tables.engine, tables.prefix, counters=counters, since=minute, others_write=elsewhere)
        waiting = _waiting(tables)
    if as_json:
        document = {
            "since": minute * 60,
            "waiting_entries": waiting,
            "sites": [
                {"idsite": idsite} | {stage.value: count for stage, count in counts.items()}
                for idsite, counts in found.sites.items()
            ],
            "differences": [
                {**asdict(one), "minute": one.minute * 60, "check": one.check} for one in found.differences
            ],
        }
        click.echo(orjson.dumps(document).decode())
    else:
        _print(found, minute, waiting)
    if found.differences:
        sys.exit(EXIT_FAILED)


def _minute(since: str, clock: Clock) -> int:
    """Return the Unix minute that is meant."""
    if match := re.fullmatch(r"(\d{1,6})([mhd])", since):
        return int(clock.now() - int(match[1]) * _UNITS[match[2]]) // 60 + 1
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        raise click.UsageError(
            f"--since: {since!r} is neither a span such as 90m, 24h or 7d, nor a time such as 2026-11-21T12:00"
        ) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) // 60


def _waiting(tables: Tables) -> int | None:
    """Return how many entries wait in the queues; None where nobody can say."""
    if tables.config.queue.backend == "memory":
        return None
    queues = open_queues(tables.config)
    try:
        return sum(queues.lengths())
    except BrokerUnavailable:
        return None
    finally:
        queues.close()


def _print(found: Audit, since: int, waiting: int | None) -> None:
    click.echo(
        f"since {when(since * 60)} UTC; entries that wait: {'unknown' if waiting is None else waiting}"
    )
    table = Table("site", *Stage, box=None, pad_edge=False)
    for idsite, counts in found.sites.items():
        table.add_row(str(idsite) if idsite else "none", *(f"{counts[stage]:,}" for stage in Stage))
    Console(highlight=False, soft_wrap=True).print(table)
    for one in found.differences[:_MOST]:
        click.echo(
            f"site {one.idsite}, {when(one.minute * 60)}: {one.check}: {one.counted} counted, {one.found} found"
        )
    if (more := len(found.differences) - _MOST) > 0:
        click.echo(f"and {more} more differences; --json has all")
    click.echo("all adds up" if not found.differences else f"differences: {len(found.differences)}")
