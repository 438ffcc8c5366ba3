"""`qtd queues drop`: give up what waits."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO, Final

import click
import orjson

from qtd.cli.broker import opened
from qtd.cli.entry_text import entry_document
from qtd.cli.queue_text import holder_text
from qtd.cli.queues.chosen import check_queue
from qtd.cli.queues.progress import progress
from qtd.cli.setup import config_option, fail, log_as_configured
from qtd.cli.tables import opened as tables_opened
from qtd.clock import Clock, SystemClock
from qtd.log.events.queues import QueueDropped
from qtd.log.logger import get_logger
from qtd.queue.contract import Lock, Queues
from qtd.store.discard import Discard
from qtd.store.entry import Entry
from qtd.worker.assemble import settings_source
from qtd.worker.keeping import LockKeeper

#: Entries given up in one transaction.
_CHUNK: Final = 500
#: Seconds for which the lock is taken, and kept.
_LOCK_SECONDS: Final = 60
#: Seconds for which somebody may keep a queue, to finish his batch.
_WAIT_SECONDS: Final = 10.0


@click.command()
@click.argument("queue", type=click.IntRange(min=0), metavar="[QUEUE]", required=False)
@click.option("--all", "everything", is_flag=True, help="All queues.")
@click.option(
    "--export",
    "export",
    type=click.Path(path_type=Path, dir_okay=False),
    help="New file to write the entries to before they go, with secrets and personal data.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print what was dropped as JSON, last.")
@config_option
def drop(
    *,
    queue: int | None,
    everything: bool,
    export: Path | None,
    yes: bool,
    as_json: bool,
    config_path: Path | None,
) -> None:
    """Remove what waits in queue number QUEUE (from 0) without recording it. Asks first; without a terminal only --yes
    does it.

    What comes meanwhile stays. The requests are counted as taken and dropped, so that qtd audit still adds up, and
    --export keeps them: a line of JSON for each entry, with its bytes in base64, in a file for its owner alone.

    Exit code 0: done. 1: the answer was no, a queue is somebody else's, the file is there already or can not be
    written, or broker or database failed; what was dropped until then is told. 2: wrong usage, configuration or tables.

    \b
    Example:
      qtd queues drop 3 --export queue-3.jsonl
      qtd queues drop --all --yes
    """
    if (queue is None) is not everything:
        raise click.UsageError("say which: a queue's number, or --all")
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask at: say --yes")
    clock = SystemClock()
    with opened(config_path) as broker, tables_opened(config_path) as tables:
        if queue is not None:
            check_queue(queue, broker)
        lengths = broker.queues.lengths()
        chosen = {number: lengths[number] for number in range(len(lengths)) if queue in (None, number)}
        if not yes:
            lost = "" if export else " for good"
            click.confirm(f"drop {sum(chosen.values()):,} waiting entries{lost}?", abort=True, err=True)
        log_as_configured(tables.config, "qtd")
        settings = settings_source(tables.config, tables.engine, clock).current()
        discard = Discard(
            tables.engine, tables.prefix, sites=settings.sites, clock=clock, keep=tables.config.keep
        )
        dropping = _Dropping(queues=broker.queues, discard=discard, clock=clock)
        try:
            with _exported(export) as keep, progress("dropping entries", clock) as told:
                dropping.run(chosen, keep, told)
        finally:
            click.echo(f"{dropping.entries:,} entries with {dropping.requests:,} requests dropped")
            if as_json:
                document = {"entries": dropping.entries, "requests": dropping.requests}
                click.echo(orjson.dumps(document).decode())


@dataclass(kw_only=True, slots=True)
class _Dropping:
    """Drops entries, and counts them."""

    queues: Queues
    discard: Discard
    clock: Clock
    entries: int = 0
    requests: int = 0

    def run(
        self,
        chosen: dict[int, int],
        keep: Callable[[int, Sequence[Entry]], None],
        told: Callable[[int, int], None],
    ) -> None:
        """Drop so many entries of each queue; `keep` is given them before they go."""
        done, total = 0, sum(chosen.values())
        for queue, waiting in chosen.items():
            if not waiting:
                continue
            before = self.entries, self.requests
            with self._held(queue) as lock:
                fence = self.discard.fence(queue)
                left = waiting
                while left > 0 and (found := self.queues.read(queue, min(left, _CHUNK))):
                    entries = self.discard.unapplied(queue, found)
                    keep(queue, entries)
                    if entries:
                        self.requests += self.discard.discard(queue, entries, fence=fence)
                    self.entries += len(entries)
                    self.queues.trim(lock, found)
                    left -= len(found)
                    done += len(found)
                    told(done, total)
            get_logger("queues").emit(
                QueueDropped(
                    queue=queue, entries=self.entries - before[0], requests=self.requests - before[1]
                )
            )

    @contextmanager
    def _held(self, queue: int) -> Iterator[Lock]:
        """Hold the queue's lock; ends the process where somebody else does not let go of it."""
        end = self.clock.monotonic() + _WAIT_SECONDS
        while (lock := self.queues.acquire(queue, _LOCK_SECONDS)) is None:
            if self.clock.monotonic() >= end:
                holder = self.queues.states()[queue].lock_holder
                who = "somebody else" if holder is None else holder_text(holder)
                fail(f"queue {queue} is held by: {who}; stop the workers first, or try again")
            self.clock.wait(0.05, Event())
        try:
            with LockKeeper(self.queues, seconds=_LOCK_SECONDS, clock=self.clock).keep(lock):
                yield lock
        finally:
            self.queues.release(lock)


@contextmanager
def _exported(path: Path | None) -> Iterator[Callable[[int, Sequence[Entry]], None]]:
    """Give what writes entries to a new file, on disk when it returns; to none where there is to be none."""
    if path is None:
        yield lambda _queue, _entries: None
        return
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield lambda queue, entries: _write(file, queue, entries)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror or error}") from error


def _write(file: IO[bytes], queue: int, entries: Sequence[Entry]) -> None:
    for entry in entries:
        document = {
            "queue": queue,
            "entry": entry_document(entry.stored, reveal=True),
            "stored": base64.b64encode(entry.stored).decode(),
        }
        file.write(orjson.dumps(document) + b"\n")
    file.flush()
    os.fsync(file.fileno())
