"""`qtd parity`: compare the native engine with recordings of Matomo."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import get_args

import click
import orjson
from rich.console import Console
from rich.progress import Progress

from qtd.parity.command import run_files
from qtd.parity.run import Batches
from qtd.store.outside import gather


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--db", "database", metavar="URL", help="Database to use; EMPTIED. Default: a temporary SQLite file."
)
@click.option(
    "--world", type=click.Path(exists=True, path_type=Path), help="World file (default: beside FILE)."
)
@click.option(
    "--batches",
    type=click.Choice(get_args(Batches)),
    default="one",
    show_default=True,
    help="Apply a scenario's entries all at once, one by one, or in batches of random size.",
)
@click.option("--seed", type=int, help="Seed of the random sizes.")
@click.option(
    "--matomo",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Take device patterns, lists and locations from the Matomo in this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the totals as JSON, last.")
def command(
    *,
    files: tuple[Path, ...],
    database: str | None,
    world: Path | None,
    batches: Batches,
    seed: int | None,
    matomo: Path | None,
    as_json: bool,
) -> None:
    """Run the scenarios of FILE… and compare every row with what Matomo wrote.

    Exit code 0: all equal. 1: differences, each with scenario, row, column, expected and got. 2: wrong usage.

    \b
    Example:
      qtd parity tests/data/parity/pages.json
      qtd parity --db mysql+pymysql://root@127.0.0.1/qtd_parity --json tests/data/parity/visits.json
    """
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("scenarios")
        summary = run_files(
            files,
            outside=partial(gather, matomo_path=matomo),
            show=click.echo,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
            database=database,
            world=world,
            batches=batches,
            seed=seed,
        )
    for line in summary.lines():
        click.echo(line)
    if as_json:
        click.echo(orjson.dumps(summary.as_dict()).decode())
    sys.exit(0 if summary.all_equal else 1)
