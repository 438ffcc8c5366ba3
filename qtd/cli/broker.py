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
from qtd.queue.contract import Numbering, Queues
from qtd.queue.open import open_queues


@dataclass(frozen=True, kw_only=True, slots=True)
class Broker:
    """The queues that are in force, be they as many as configured or not."""

    config: Config
    queues: Queues

    def chosen(self, queue: int | None) -> list[int]:
        """Return the queue that `--queue-id` names, all where it names none. Raises click.UsageError."""
        count = self.queues.count
        if queue is None:
            return list(range(count))
        if queue >= count:
            raise click.UsageError(f"--queue-id {queue}: there are {count} queues, so 0 to {count - 1}")
        return [queue]


@contextmanager
def opened(config_path: Path | None) -> Iterator[Broker]:
    """Give the queues that are in force for the duration.

    Raises:
        BrokerUnavailable: the broker does not say, or they are in a file that there is not.
    """
    config = read_config(config_path)
    refuse_memory(config)
    check_file(config)
    queues = open_queues(config)
    try:
        yield Broker(config=config, queues=in_force(queues, queues.numbering()))
    finally:
        queues.close()


def in_force(queues: Queues, numbering: Numbering | None) -> Queues:
    """Return the queues, as many as there are by now; where nobody has said, or just says, as many as before."""
    if numbering is None or numbering.count in (0, queues.count):
        return queues
    return queues.with_count(numbering.count)


def check_file(config: Config) -> None:
    """Raise BrokerUnavailable where the queues are to be in a SQLite file that nobody has made yet."""
    if config.queue.backend != "sql":
        return
    if file := missing_file(parse_url(config.queue_database_url)):
        raise BrokerUnavailable(f"there is no database {file}; whoever accepts or records first makes it")
