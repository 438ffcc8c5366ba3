"""`qtd bench`: how fast this machine accepts and records."""

from __future__ import annotations

import click

from qtd.cli.bench.accept import accept
from qtd.cli.bench.process import process


@click.group(name="bench")
def command() -> None:
    """Measure how fast this machine accepts and records, with generated page views.

    Touches neither the configured queues nor the configured database.

    \b
    Example:
      qtd bench accept --backend redis --connections 64
      qtd bench process --requests 20000 --hits-per-visit 10
    """


command.add_command(accept)
command.add_command(process)
