"""`qtd dead-letters`: the entries that could not be recorded."""

from __future__ import annotations

import click

from qtd.cli.dead_letters.drop import drop
from qtd.cli.dead_letters.export import export
from qtd.cli.dead_letters.list import list_
from qtd.cli.dead_letters.retry import retry
from qtd.cli.dead_letters.show import show


@click.group(name="dead-letters")
def command() -> None:
    """Look at the entries that could not be recorded, try them again, or give them up.

    An entry dies when repeating would change nothing: it can not be decoded, or makes the engine or the database refuse
    it. It is kept as it lay in the queue. Outages make no dead letters.

    \b
    Example:
      qtd dead-letters list
      qtd dead-letters show 17
      qtd dead-letters retry --all
    """


for _one in (list_, show, retry, drop, export):
    command.add_command(_one)
