"""The queues as commands open them that neither accept nor record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from qtd.cli.setup import read_config, refuse_memory
from qtd.cli.sqlite_file import missing_file
from qtd.config.root import Config
from qtd.db.engine import parse_url
from qtd.errors import BrokerUnavailable
from qtd.queue.contract import Queues
from qtd.queue.open import open_queues


@dataclass(frozen=True, kw_only=True, slots=True)
class Broker:
    """The configured queues."""

    config: Config
    queues: Queues

    def chosen(self, queue: int | None) -> list[int]:
        """Return the queue that `--queue-id` names, all where it names none. Raises click.UsageError."""
        count = self.queues.count
        if queue is None:
            return list(range(count))
        if queue >= count:
            raise click.UsageError(f"--queue-id {queue}: queue.count is {count}, so 0 to {count - 1}")
        return [queue]


@contextmanager
def opened(config_path: Path | None) -> Iterator[Broker]:
    """Give the queues for the duration.

    Raises:
        BrokerUnavailable: they are in a file that there is not.
    """
    config = read_config(config_path)
    refuse_memory(config)
    check_file(config)
    queues = open_queues(config)
    try:
        yield Broker(config=config, queues=queues)
    finally:
        queues.close()


def check_file(config: Config) -> None:
    """Raise BrokerUnavailable where the queues are to be in a SQLite file that nobody has made yet."""
    if config.queue.backend != "sql":
        return
    if file := missing_file(parse_url(config.queue_database_url)):
        raise BrokerUnavailable(f"there is no database {file}; whoever accepts or records first makes it")
