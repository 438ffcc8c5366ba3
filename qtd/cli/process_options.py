"""The options of `qtd process`: those of `queuedtracking:process`, so that an old crontab line goes on working."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import click

if TYPE_CHECKING:
    _ParamType: TypeAlias = click.ParamType[int | None]
else:
    _ParamType = click.ParamType  # click before 8.5 knows no type of what is converted

_Command = TypeVar("_Command", bound=Callable[..., Any])

#: Options of Matomo's console that mean nothing here, and what to do instead.
_MEANINGLESS: Final = {
    "--matomo-domain": "what belongs to an instance is in its own configuration file (--config)",
    "--piwik-domain": "what belongs to an instance is in its own configuration file (--config)",
    "--xhprof": "qtd bench process --profile FILE measures",
    "--ignore-warn": "warnings are in the log",
}


class Numeric(_ParamType):
    """A whole number of at least `least`; with `empty`, no text stands for none, as in the plugin."""

    name = "integer"

    def __init__(self, least: int, *, raised: bool = False, empty: bool = False) -> None:
        """`raised`: a smaller number stands for `least`."""
        self._least = least
        self._raised = raised
        self._empty = empty

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """Return the number; a mistake is wrong usage."""
        if value == "" and self._empty:
            return None
        try:
            number = int(value)
        except ValueError:
            self.fail(f"{value!r} is not a whole number", param, ctx)
        if number < self._least and not self._raised:
            self.fail(f"{number} is less than {self._least}", param, ctx)
        return max(number, self._least)


def queue_options(command: _Command) -> _Command:
    """Add what says which requests are taken, and how many at once."""
    for option in reversed(
        (
            click.option("--queue-id", type=Numeric(0, empty=True), help="Only this queue (from 0)."),
            click.option(
                "--force-num-requests-process-at-once",
                "max_requests",
                type=Numeric(1, empty=True),
                help="Requests in one batch (default: batch.max_requests). Fewer are left waiting, as by the plugin.",
            ),
            click.option(
                "--at-least",
                type=click.IntRange(min=1),
                help="Leave a queue alone that has fewer requests (default: 1, or as many as the option above says).",
            ),
        )
    ):
        command = option(command)
    return command


def cycle_options(command: _Command) -> _Command:
    """Add what says how often, and when it ends."""
    for option in reversed(
        (
            click.option(
                "-c",
                "--cycle",
                type=Numeric(0),
                default=1,
                help="How many times (default: 1); 0: until stopped.",
            ),
            click.option(
                "-s",
                "--sleep",
                type=Numeric(1, raised=True),
                default=1,
                help="Seconds between two times, at least 1 (default: 1).",
            ),
            click.option(
                "-d",
                "--delay",
                type=Numeric(0, raised=True),
                default=0,
                help="Seconds to wait before the end.",
            ),
        )
    ):
        command = option(command)
    return command


def console_options(command: _Command) -> _Command:
    """Add the options that every command of Matomo's console has."""
    for option in reversed(
        (
            click.option("-v", "--verbose", count=True, help="Log more; -vv and -vvv log everything."),
            click.option("-q", "--quiet", is_flag=True, help="Log only warnings, print nothing."),
            click.option("-n", "--no-interaction", is_flag=True, expose_value=False, hidden=True),
            click.option("--ansi/--no-ansi", expose_value=False, hidden=True),
            *(_meaningless(name) for name in _MEANINGLESS),
        )
    ):
        command = option(command)
    return command


def _meaningless(name: str) -> Callable[[_Command], _Command]:
    def note(_ctx: click.Context, _param: click.Parameter, value: object) -> None:
        if value:
            click.echo(f"qtd: {name} has no meaning here: {_MEANINGLESS[name]}", err=True)

    flag = not name.endswith("-domain")
    return click.option(name, is_flag=flag, expose_value=False, hidden=True, callback=note)
