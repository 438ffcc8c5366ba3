"""`qtd demo`: everything on this machine, with synthetic visitors."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click
import orjson
from rich.console import Console

from qtd.demo.run import DemoOptions, run_demo


@click.command()
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="How long the visitors surf.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0),
    default=200.0,
    show_default=True,
    help="HTTP requests per second; 0: as fast as they are answered.",
)
@click.option(
    "--visitors",
    type=click.IntRange(min=1),
    help="Most visitors that come back (default: one for a dozen requests).",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where everything is put: a new or empty folder (default: a temporary one, which is kept).",
)
@click.option("--queues", type=click.IntRange(1, 64), default=4, show_default=True, help="Number of queues.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Number of workers."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same visitors.")
@click.option("--json", "as_json", is_flag=True, help="Print the balance as JSON, last.")
def command(
    *,
    seconds: float,
    rate: float,
    visitors: int | None,
    folder: Path | None,
    queues: int,
    workers: int,
    seed: int,
    as_json: bool,
) -> None:
    """Run endpoint and workers in a folder of their own, with synthetic visitors who send real requests.

    Needs neither Redis nor Matomo: queues and rows are in SQLite. Ctrl-C ends it early. At the end every
    accepted request has to be accounted for: recorded, excluded, dead or waiting.

    Exit code 0: it adds up. 1: it does not, or something failed. 2: wrong usage.

    \b
    Example:
      qtd demo --seconds 20
      qtd demo --rate 0 --folder /tmp/demo --json
    """
    if workers > queues:
        raise click.UsageError("more workers than queues: a queue has one worker at a time")
    console = Console(soft_wrap=False)
    options = DemoOptions(
        folder=folder or Path(tempfile.mkdtemp(prefix="qtd-demo-")),
        serve=(sys.executable, "-m", "qtd", "serve", "--with-worker"),
        seconds=seconds,
        rate=rate,
        visitors=visitors,
        queues=queues,
        workers=workers,
        seed=seed,
    )
    outcome = run_demo(options, console)
    if as_json:
        click.echo(orjson.dumps(outcome.balance.as_dict(seconds=outcome.seconds)).decode())
    sys.exit(0 if outcome.balance.adds_up else 1)
