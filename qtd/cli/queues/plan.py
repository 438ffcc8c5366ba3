"""`qtd queues plan`: how evenly visitors would spread over another number of queues."""

from __future__ import annotations

from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.table import Table

from qtd.cli.broker import opened
from qtd.cli.setup import config_option
from qtd.cli.tables import opened as tables_opened
from qtd.clock import SystemClock
from qtd.queue.contract import MOST_QUEUES
from qtd.queue.plan import Spread, spreads, visitors_waiting
from qtd.queue.routing import Router
from qtd.worker.assemble import settings_source


@click.command()
@click.option(
    "--count",
    type=click.IntRange(min=1, max=MOST_QUEUES),
    help="So many queues (default: as many as there are).",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Most entries of each queue to look at, those that come next.",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@config_option
def plan(*, count: int | None, limit: int, as_json: bool, config_path: Path | None) -> None:
    """Show how the visitors whose requests wait would spread over COUNT queues. Changes nothing.

    A visitor's requests always share a queue, so a few busy ones make it uneven, and so do many hits of one client
    without an identifier. 1.0 times an even share is perfect; a worker for each queue is busy for as long as the
    fullest one takes.

    Exit code 0: done, whether anything waits or not. 1: broker or database failed. 2: wrong usage, configuration or
    tables.

    \b
    Example:
      qtd queues plan
      qtd queues plan --count 8 --json
    """
    with opened(config_path) as broker, tables_opened(config_path) as tables:
        present = broker.queues.count
        settings = settings_source(tables.config, tables.engine, SystemClock()).current()
        router = Router(
            count=present,
            settings=lambda: settings,
            zero_ids_by_address=tables.config.queue.zero_ids_by_address,
        )
        visitors = visitors_waiting(broker.queues, router.keys, limit=limit)
    wanted = count or present
    spread = spreads(visitors, [wanted])[wanted]
    if as_json:
        click.echo(orjson.dumps(_document(spread, present)).decode())
        return
    _print(spread)


def _document(spread: Spread, present: int) -> dict[str, object]:
    return {
        "count": len(spread.requests),
        "in_force": present,
        "visitors": sum(spread.visitors),
        "requests": sum(spread.requests),
        "fullest": round(spread.fullest, 3),
        "queues": [
            {"queue": queue, "visitors": people, "requests": requests, "share": round(share, 4)}
            for queue, people, requests, share in _rows(spread)
        ],
    }


def _print(spread: Spread) -> None:
    table = Table("queue", "visitors", "requests", "share", box=None, pad_edge=False)
    for queue, people, requests, share in _rows(spread):
        table.add_row(str(queue), f"{people:,}", f"{requests:,}", f"{share:.1%}")
    Console(highlight=False, soft_wrap=True).print(table)
    count = len(spread.requests)
    if not any(spread.requests):
        click.echo("nothing waits, so nothing can be said")
        return
    click.echo(
        f"{sum(spread.requests):,} requests of {sum(spread.visitors):,} visitors over {count} queues: the fullest has "
        f"{spread.fullest:.2f} times an even share"
    )


def _rows(spread: Spread) -> list[tuple[int, int, int, float]]:
    total = sum(spread.requests)
    return [
        (queue, people, requests, requests / total if total else 0.0)
        for queue, (people, requests) in enumerate(zip(spread.visitors, spread.requests, strict=True))
    ]
