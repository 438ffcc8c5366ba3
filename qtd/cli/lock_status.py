"""`qtd lock-status`: who holds which queue, and how to take a lock off."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Final

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from qtd.cli.broker import opened
from qtd.cli.queue_text import holder_text, left_text
from qtd.cli.setup import config_option, fail
from qtd.queue.contract import MOST_QUEUES, HeldLock, Lock, Queues
from qtd.queue.lock_token import holder_of, resized_to
from qtd.queue.redis_keys import lock_key

_KEY: Final = re.compile(r"(?:QueuedTrackingLock)?(0|[1-9]\d{0,4})")


def _queue_of(_ctx: click.Context, _param: click.Parameter, key: str | None) -> int | None:
    """Return the queue of a lock, which is given by its key in Redis, as the plugin calls it, or by the number."""
    if key is None:
        return None
    match = _KEY.fullmatch(key)
    if match is None or int(match[1]) > MOST_QUEUES:
        raise click.BadParameter(f"{key!r} is no lock; {lock_key(2)} is one, or 2 for short")
    return int(match[1])


@click.command()
@click.option(
    "--unlock",
    "unlock",
    callback=_queue_of,
    metavar="KEY",
    help="Take this lock off: its key (QueuedTrackingLock2) or its queue's number (2).",
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@config_option
def command(*, unlock: int | None, yes: bool, as_json: bool, config_path: Path | None) -> None:
    """Show every lock with its queue, its holder and how long it lasts. Queues that are not shown are free.

    Workers give their locks back and extend them while a batch lasts; the lock of one that died is free after
    workers.lock_seconds by itself. So there is hardly ever a reason for --unlock, which asks first (without a
    terminal only --yes does it). Should the holder be alive after all, nothing is recorded twice by qtd: the next
    worker's lock comes with a newer fence in the database, and under the older one no batch can commit. The plugin's
    processors have no fence; see that there is none at work before their locks are taken off.

    Exit code 0: done, whether there are locks or not. 1: there is no such lock, the answer was no, or the broker
    failed. 2: wrong usage or configuration.

    \b
    Example:
      qtd lock-status
      qtd lock-status --unlock QueuedTrackingLock2
      qtd lock-status --unlock 2 --yes --json
    """
    if unlock is not None and not yes and not at_terminal():
        raise click.UsageError("there is no terminal to ask at: say --yes")
    with opened(config_path) as broker:
        if unlock is None:
            _show(broker.queues.locks(), as_json=as_json)
            return
        lock = _unlocked(broker.queues, unlock, yes=yes)
    if as_json:
        click.echo(orjson.dumps({"unlocked": _document(lock)}).decode())
    else:
        click.echo(f"{lock_key(unlock)} is taken off; it was held by: {holder_text(lock.token)}")


def at_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def _unlocked(queues: Queues, queue: int, *, yes: bool) -> HeldLock:
    """Take a lock off; ends the process with exit code 1 where that can not be."""
    key = lock_key(queue)
    lock = next((held for held in queues.locks() if held.queue == queue), None)
    if lock is None:
        fail(f"{key} is not locked, or not any more")
    if (count := resized_to(lock.token)) is not None:
        fail(
            f"{key} is held by an unfinished change to {count} queues; without it visitors' requests would be recorded"
            f" out of order. Bring it to its end: qtd queues resize {count}"
        )
    if not yes:
        click.confirm(
            f"{key} is held by: {holder_text(lock.token)}; time left: {left_text(lock.seconds_left)}. Take it off?",
            abort=True,
            err=True,
        )
    if not queues.release(Lock(queue=queue, token=lock.token)):
        fail(f"{key} has changed hands meanwhile: nothing was done")
    return lock


def _show(locks: list[HeldLock], *, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps({"locks": [_document(lock) for lock in locks]}).decode())
        return
    if not locks:
        click.echo("no locks: all queues are free")
        return
    table = Table("queue", "key", "holder", "time left", box=None, pad_edge=False)
    for lock in locks:
        number = "all" if lock.queue == MOST_QUEUES else str(lock.queue)
        holder = Text(holder_text(lock.token))
        table.add_row(number, lock_key(lock.queue), holder, left_text(lock.seconds_left))
    Console(highlight=False, soft_wrap=True).print(table)


def _document(lock: HeldLock) -> dict[str, Any]:
    return {
        "queue": lock.queue,
        "key": lock_key(lock.queue),
        "token": lock.token,
        "holder": holder_of(lock.token),
        "seconds_left": lock.seconds_left,
    }
