"""Which dead letters a command is about: numbers, a cause, or all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click

from qtd.store.dead_letters import DeadLetter, DeadLetters, Selection

_Command = TypeVar("_Command", bound=Callable[..., Any])


def selection_options(command: _Command) -> _Command:
    """Add `[ID]...`, `--cause` and `--all`."""
    command = click.option("--all", "everything", is_flag=True, help="All of them.")(command)
    command = click.option("--cause", metavar="TEXT", help="Those with this cause, as `list` shows it.")(
        command
    )
    return click.argument("ids", nargs=-1, type=click.IntRange(min=1), metavar="[ID]...")(command)


def selected(ids: tuple[int, ...], cause: str | None, *, everything: bool) -> Selection:
    """Return what was asked for. Raises click.UsageError where that is nothing, or several things at once."""
    if (bool(ids), cause is not None, everything).count(True) != 1:
        raise click.UsageError("say which: one or more numbers, or --cause, or --all")
    return Selection(ids=ids or None, cause=cause)


def found(letters: DeadLetters, selection: Selection) -> Iterator[DeadLetter]:
    """Return the letters. Raises click.ClickException before anything is done when some numbers are not there."""
    if missing := sorted(set(selection.ids or ()) - letters.existing(selection.ids or ())):
        raise click.ClickException(f"no such dead letter: {', '.join(map(str, missing))}")
    return letters.select(selection)
