"""`qtd dead-letters retry`: record what could not be recorded before."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Final

import click
import orjson
from rich.console import Console
from rich.progress import Progress

from qtd.cli.dead_letters.selection import found, selected, selection_options
from qtd.cli.setup import EXIT_FAILED, config_option, log_as_configured
from qtd.cli.tables import opened
from qtd.clock import SystemClock
from qtd.errors import DatabaseConflict
from qtd.store.dead_letters import DeadLetter, DeadLetters
from qtd.store.retry import Retried
from qtd.worker.engines import LetterRetry, letter_retry

#: Another transaction may be preferred so often; each time somebody got on.
_CONFLICTS: Final = 10


@click.command()
@selection_options
@click.option("--json", "as_json", is_flag=True, help="Print what came of them as JSON, last.")
@config_option
def retry(
    *, ids: tuple[int, ...], cause: str | None, everything: bool, as_json: bool, config_path: Path | None
) -> None:
    """Try dead letters again, after an update of qtd or of Matomo's tables, say.

    Requests keep the time at which they were accepted. Each letter is recorded in a transaction that removes it, so it
    is never recorded twice; workers may go on meanwhile. What dies again stays, with one attempt more.

    Exit code 0: all applied. 1: some died again or are missing, or the database failed. 2: wrong usage, configuration
    or tables.

    \b
    Example:
      qtd dead-letters retry 17 18
      qtd dead-letters retry --cause "1366: Incorrect string value"
      qtd dead-letters retry --all
    """
    selection = selected(ids, cause, everything=everything)
    outcomes: Counter[Retried] = Counter()
    with opened(config_path) as tables:
        log_as_configured(tables.config, "qtd")
        letters = DeadLetters(tables.engine, tables.prefix)
        again = letter_retry(tables.config, tables.engine, SystemClock())
        console = Console(stderr=True)
        try:
            with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
                task = bar.add_task("dead letters", total=len(ids) or letters.count())
                for letter in found(letters, selection):
                    outcomes[_retry(again, letter)] += 1
                    bar.advance(task)
        finally:
            _print(outcomes, as_json=as_json)
    if outcomes[Retried.DEAD]:
        sys.exit(EXIT_FAILED)


def _retry(again: LetterRetry, letter: DeadLetter) -> Retried:
    for _ in range(_CONFLICTS):
        try:
            return again.retry(letter)
        except DatabaseConflict:
            continue
    return again.retry(letter)


def _print(outcomes: Counter[Retried], *, as_json: bool) -> None:
    click.echo(f"{outcomes[Retried.APPLIED]} applied, {outcomes[Retried.DEAD]} dead again")
    if outcomes[Retried.GONE]:
        click.echo(f"{outcomes[Retried.GONE]} were retried or dropped by somebody else")
    if as_json:
        click.echo(orjson.dumps({outcome.value: outcomes[outcome] for outcome in Retried}).decode())
