"""The next entries of a queue, for people and for scripts, with secrets hidden unless they are asked for."""

from __future__ import annotations

from typing import Any

import click
import orjson

from qtd.cli.entry_text import entry_document
from qtd.cli.queue_text import span
from qtd.queue.contract import Queues
from qtd.queue.lag import entry_age


def print_entries(queues: Queues, queue: int, *, limit: int, now: float, reveal: bool, as_json: bool) -> None:
    """Print a queue's first entries, oldest first; as JSON one line for each. Removes nothing.

    Raises:
        BrokerUnavailable: the broker does not say.
    """
    entries = queues.read(queue, limit)
    if not as_json:
        waiting = queues.lengths()[queue]
        shown = f", the next {len(entries):,}:" if len(entries) < waiting else ""
        click.echo(f"queue {queue}: {waiting:,} waiting{shown}")
    for place, stored in enumerate(entries, 1):
        document = entry_document(stored, reveal=reveal)
        age = entry_age(stored, now)
        if as_json:
            line: dict[str, Any] = {
                "queue": queue,
                "place": place,
                "age_seconds": None if age is None else round(age, 3),
                "entry": document,
            }
            click.echo(orjson.dumps(line).decode())
            continue
        since = "of unknown age" if age is None else f"accepted {span(age)} ago"
        click.echo(f"queue {queue}, entry {place}, {since}:")
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
