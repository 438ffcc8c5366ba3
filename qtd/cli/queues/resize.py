"""`qtd queues resize`: another number of queues."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import click
import orjson

from qtd.cli.broker import opened
from qtd.cli.queues.progress import progress
from qtd.cli.setup import config_option, fail, log_as_configured
from qtd.cli.tables import opened as tables_opened
from qtd.clock import SystemClock
from qtd.errors import QueuesBusy
from qtd.log.logger import get_logger
from qtd.queue.contract import MOST_QUEUES, Numbering
from qtd.worker.assemble import number_of_queues
from qtd.worker.numbering import WAIT_SECONDS, NumberOfQueues


@click.command()
@click.argument("count", type=click.IntRange(min=1, max=MOST_QUEUES), metavar="N")
@click.option(
    "--wait",
    "wait_seconds",
    type=click.FloatRange(min=0),
    default=WAIT_SECONDS,
    show_default=True,
    help="Seconds for which somebody may keep a queue, to finish his batch.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON, last.")
@config_option
def resize(*, count: int, wait_seconds: float, as_json: bool, config_path: Path | None) -> None:
    """Change the number of queues to N; what waits moves to where it belongs then, and every visitor keeps his order.

    Endpoints go on accepting, and workers go on by themselves when it is done; nothing has to be stopped. Meanwhile
    nobody records. Set queue.count to N as well, for that is what the next worker to start brings about.

    It may be interrupted, by kill -9 too: all queues stay locked then ("change to N queues" in qtd lock-status), until
    a worker finds that nobody is at it any more, after half a minute at the most, or this command is given again.

    Exit code 0: done. 1: broker or database failed, or somebody did not let go of a queue; then everything is as
    before. 2: wrong usage, configuration or tables.

    \b
    Example:
      qtd queues plan --count 8
      qtd queues resize 8
    """
    clock = SystemClock()
    with opened(config_path) as broker, tables_opened(config_path) as tables:
        log_as_configured(tables.config, "qtd")
        before = broker.queues.numbering()
        with progress("moving entries", clock) as told:
            numbers = number_of_queues(
                tables.config,
                tables.engine,
                broker.queues,
                clock=clock,
                logger=get_logger("queues"),
                progress=told,
            )
            try:
                numbers.settle(count, Event(), wait_seconds=wait_seconds)
            except QueuesBusy as error:
                fail(f"{error}; the number of queues was not changed")
        _print(count, before, numbers, as_json=as_json)
        configured = tables.config.queue.count
        if configured != count:
            click.echo(
                f"qtd: queue.count is {configured}: set it to {count}, or the next worker to start changes it back",
                err=True,
            )


def _print(count: int, before: Numbering | None, numbers: NumberOfQueues, *, as_json: bool) -> None:
    entries, moved = (sum(getattr(one, name) for one in numbers.moved) for name in ("entries", "moved"))
    if not numbers.moved:
        click.echo(f"there are {count} queues: nothing to do")
    else:
        was = "" if before is None or not before.count else f" instead of {before.count}"
        click.echo(
            f"{count} queues{was}: {entries:,} entries were looked at, {moved:,} of them moved to another queue"
        )
    if as_json:
        document = {
            "count": count,
            "before": None if before is None else before.count,
            "entries": entries,
            "moved": moved,
        }
        click.echo(orjson.dumps(document).decode())
