"""`qtd dead-letters show`: single letters, with what is in them."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from qtd.cli.dead_letters.selection import found
from qtd.cli.dead_letters.text import letter_document, when
from qtd.cli.setup import config_option
from qtd.cli.tables import opened
from qtd.store.dead_letters import DeadLetters, Selection


@click.command()
@click.argument("ids", nargs=-1, required=True, type=click.IntRange(min=1), metavar="ID...")
@click.option("--reveal", is_flag=True, help="With tokens, cookies, full addresses and user ids.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each.")
@config_option
def show(*, ids: tuple[int, ...], reveal: bool, as_json: bool, config_path: Path | None) -> None:
    """Show dead letters: cause, time (UTC), attempts, and what the entry says. Secrets are hidden.

    Exit code 0: done. 1: there is no such letter, or the database failed. 2: wrong usage, configuration or tables.

    \b
    Example:
      qtd dead-letters show 17
      qtd dead-letters show 17 --reveal --json
    """
    with opened(config_path) as tables:
        for letter in found(DeadLetters(tables.engine, tables.prefix), Selection(ids=ids)):
            document = letter_document(letter, reveal=reveal)
            if as_json:
                click.echo(orjson.dumps(document).decode())
                continue
            click.echo(f"dead letter {letter.id}: {letter.cause}")
            click.echo(
                f"  from queue {letter.queue}, given up {when(letter.time)}; attempts: {letter.attempts},"
                f" the last with qtd {letter.version}; requests: {letter.requests}"
            )
            click.echo(orjson.dumps(document["entry"], option=orjson.OPT_INDENT_2).decode())
