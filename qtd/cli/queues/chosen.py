"""Which queue a command is about."""

from __future__ import annotations

import click

from qtd.cli.broker import Broker


def check_queue(queue: int, broker: Broker) -> None:
    """Raise click.UsageError where there is no such queue."""
    count = broker.queues.count
    if queue >= count:
        raise click.UsageError(f"queue {queue}: there are {count} queues, so 0 to {count - 1}")
