"""`qtd dead-letters drop`: give letters up for good."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import click

from qtd.cli.dead_letters.selection import found, selected, selection_options
from qtd.cli.setup import config_option
from qtd.cli.tables import opened
from qtd.clock import SystemClock
from qtd.store.counters import Counters
from qtd.store.dead_letters import DeadLetter, DeadLetters
from qtd.store.drop import drop as drop_letters

#: Letters dropped in one transaction.
_CHUNK: Final = 500


@click.command()
@selection_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
def drop(
    *, ids: tuple[int, ...], cause: str | None, everything: bool, yes: bool, config_path: Path | None
) -> None:
    """Drop dead letters: their requests are lost. Asks first; without a terminal only --yes does it.

    Exit code 0: done. 1: some are missing, the answer was no, or the database failed. 2: wrong usage, configuration or
    tables.

    \b
    Example:
      qtd dead-letters export --all --reveal --output dead-letters.jsonl
      qtd dead-letters drop --cause "the entry is empty" --yes
    """
    selection = selected(ids, cause, everything=everything)
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask at: say --yes")
    with opened(config_path) as tables:
        if not yes:
            click.confirm("drop these dead letters for good?", abort=True)
        letters = DeadLetters(tables.engine, tables.prefix)
        days = tables.config.keep.counters_days
        counters = Counters(tables.engine, tables.prefix, clock=SystemClock(), days=days)
        dropped = 0
        try:
            for chunk in _chunks(found(letters, selection)):
                dropped += len(drop_letters(tables.engine, letters, counters, chunk))
        finally:
            click.echo(f"{dropped} dropped")


def _chunks(letters: Iterable[DeadLetter]) -> Iterator[list[DeadLetter]]:
    """Give the letters a few at a time."""
    iterator = iter(letters)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
