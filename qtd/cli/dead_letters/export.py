"""`qtd dead-letters export`: letters in a file, one line of JSON for each."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click
import orjson

from qtd.cli.dead_letters.selection import found, selected, selection_options
from qtd.cli.dead_letters.text import letter_document
from qtd.cli.setup import config_option
from qtd.cli.tables import opened
from qtd.store.dead_letters import DeadLetters


@click.command()
@selection_options
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="New file; default: print."
)
@click.option(
    "--reveal", is_flag=True, help="With secrets and personal data, and the entry's bytes in base64."
)
@config_option
def export(
    *,
    ids: tuple[int, ...],
    cause: str | None,
    everything: bool,
    output: Path | None,
    reveal: bool,
    config_path: Path | None,
) -> None:
    """Write dead letters as lines of JSON; they stay where they are. The file is its owner's alone to read.

    Exit code 0: done. 1: some are missing, the file is there already or can not be written, or the database failed.
    2: wrong usage, configuration or tables.

    \b
    Example:
      qtd dead-letters export --all > for-a-report.jsonl
      qtd dead-letters export --all --reveal --output kept.jsonl
    """
    selection = selected(ids, cause, everything=everything)
    with opened(config_path) as tables, _destination(output) as file:
        for letter in found(DeadLetters(tables.engine, tables.prefix), selection):
            file.write(orjson.dumps(letter_document(letter, reveal=reveal)) + b"\n")


@contextmanager
def _destination(output: Path | None) -> Iterator[IO[bytes]]:
    if output is None:
        yield sys.stdout.buffer
        return
    try:
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror or error}") from error
