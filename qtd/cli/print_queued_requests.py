"""`qtd print-queued-requests`: what will be recorded next."""

from __future__ import annotations

from pathlib import Path

import click

from qtd.cli.broker import opened
from qtd.cli.queued_entries import print_entries
from qtd.cli.setup import config_option
from qtd.clock import SystemClock


@click.command()
@click.option("--queue-id", type=click.IntRange(min=0), help="Only this queue (from 0).")
@click.option(
    "--limit",
    type=click.IntRange(min=1, max=100_000),
    default=25,
    show_default=True,
    help="Most entries of each queue.",
)
@click.option("--reveal", is_flag=True, help="With tokens, cookies, full addresses and user ids.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each entry.")
@config_option
def command(
    *, queue_id: int | None, limit: int, reveal: bool, as_json: bool, config_path: Path | None
) -> None:
    """Print the next requests of each queue, oldest first, whether qtd or the plugin put them there.

    Nothing is removed and no lock is taken: workers may go on meanwhile. Secrets and personal data are hidden. An entry
    that can not be decoded is shown by its size; with --reveal by its bytes.

    Exit code 0: done, whether anything waits or not. 1: the broker failed. 2: wrong usage or configuration.

    \b
    Example:
      qtd print-queued-requests --queue-id 0 --limit 3
      qtd print-queued-requests --reveal --json
    """
    now = SystemClock().now()
    with opened(config_path) as broker:
        for queue in broker.chosen(queue_id):
            print_entries(broker.queues, queue, limit=limit, now=now, reveal=reveal, as_json=as_json)
