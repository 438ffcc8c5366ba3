"""`qtd queues peek`: what a queue begins with."""

from __future__ import annotations

from pathlib import Path

import click

from qtd.cli.broker import opened
from qtd.cli.queued_entries import print_entries
from qtd.cli.queues.chosen import check_queue
from qtd.cli.setup import config_option
from qtd.clock import SystemClock


@click.command()
@click.argument("queue", type=click.IntRange(min=0), metavar="QUEUE")
@click.option(
    "--limit",
    type=click.IntRange(min=1, max=100_000),
    default=10,
    show_default=True,
    help="Most entries.",
)
@click.option("--reveal", is_flag=True, help="With tokens, cookies, full addresses and user ids.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each entry.")
@config_option
def peek(*, queue: int, limit: int, reveal: bool, as_json: bool, config_path: Path | None) -> None:
    """Show the first entries of queue number QUEUE (from 0), oldest first. Removes nothing, and takes no lock.

    Secrets and personal data are hidden.

    Exit code 0: done, whether anything waits or not. 1: the broker failed. 2: wrong usage or configuration.

    \b
    Example:
      qtd queues peek 3
      qtd queues peek 0 --limit 1 --reveal --json
    """
    with opened(config_path) as broker:
        check_queue(queue, broker)
        now = SystemClock().now()
        print_entries(broker.queues, queue, limit=limit, now=now, reveal=reveal, as_json=as_json)
