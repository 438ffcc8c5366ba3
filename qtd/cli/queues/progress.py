"""Progress of long work: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from qtd.clock import Clock

#: Seconds between two lines.
LINE_SECONDS: Final = 5.0


@contextmanager
def progress(what: str, clock: Clock) -> Iterator[Callable[[int, int], None]]:
    """Give what is to be told how much is done, and of how much, for the duration; both on standard error."""
    console = Console(stderr=True)
    if console.is_terminal:
        columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return
    due = clock.monotonic() + LINE_SECONDS

    def line(done: int, total: int) -> None:
        nonlocal due
        if clock.monotonic() >= due:
            due = clock.monotonic() + LINE_SECONDS
            click.echo(f"{what}: {done:,} of {total:,}", err=True)

    yield line
