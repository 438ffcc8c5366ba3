"""`qtd queues`: their number, and what is in them."""

from __future__ import annotations

import click

from qtd.cli.queues.drop import drop
from qtd.cli.queues.peek import peek
from qtd.cli.queues.plan import plan
from qtd.cli.queues.resize import resize


@click.group(name="queues")
def command() -> None:
    """Look into the queues, change their number, or give up what waits in them.

    \b
    Example:
      qtd queues plan --count 8
      qtd queues resize 8
      qtd queues peek 3 --limit 5
    """


for _one in (resize, plan, peek, drop):
    command.add_command(_one)
