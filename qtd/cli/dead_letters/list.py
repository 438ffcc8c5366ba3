"""`qtd dead-letters list`: how many there are, by cause."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from qtd.cli.dead_letters.text import when
from qtd.cli.setup import config_option
from qtd.cli.tables import opened
from qtd.store.dead_letters import DeadLetters


@click.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@config_option
def list_(*, as_json: bool, config_path: Path | None) -> None:
    """Show the causes, the most frequent first, with the number of a letter to look at. Times are in UTC.

    Exit code 0: done, whether there are any or not. 1: the database failed. 2: wrong usage, configuration or tables.

    \b
    Example:
      qtd dead-letters list
      qtd dead-letters list --json
    """
    with opened(config_path) as tables:
        groups = DeadLetters(tables.engine, tables.prefix).groups()
    letters, requests = (sum(getattr(group, name) for group in groups) for name in ("letters", "requests"))
    if as_json:
        document = {"letters": letters, "requests": requests, "causes": [asdict(group) for group in groups]}
        click.echo(orjson.dumps(document).decode())
        return
    if not groups:
        click.echo("no dead letters")
        return
    table = Table("cause", "letters", "requests", "oldest", "newest", "see", box=None, pad_edge=False)
    for group in groups:
        table.add_row(
            Text(group.cause),
            f"{group.letters:,}",
            f"{group.requests:,}",
            when(group.oldest),
            when(group.newest),
            str(group.last_id),
        )
    Console(highlight=False, soft_wrap=True).print(table)
    click.echo(f"{letters:,} letters with {requests:,} requests")
