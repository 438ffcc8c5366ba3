"""`qtd monitor`: how the queues are, again and again."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from math import isnan
from pathlib import Path
from threading import Event
from typing import NoReturn

import click
import orjson
from rich.console import Console

from qtd.cli.monitor.document import document
from qtd.cli.monitor.keyboard import Keyboard
from qtd.cli.monitor.live import LiveMonitor
from qtd.cli.monitor.look import Look, Looker
from qtd.cli.monitor.pages import Pages
from qtd.cli.monitor.picture import picture
from qtd.cli.monitor.rates import Rate, Rates
from qtd.cli.setup import config_option, read_config, refuse_memory
from qtd.clock import Clock, SystemClock


def _number(_ctx: click.Context, _param: click.Parameter, seconds: float) -> float:
    """Refuse NaN, which is beyond no limit."""
    if isnan(seconds):
        raise click.BadParameter("nan is not a number of seconds")
    return seconds


@click.command()
@click.option("--iterations", type=click.IntRange(min=1), help="End after so many looks (default: never).")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1, max=3600),
    callback=_number,
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="Pause between two looks.",
)
@click.option(
    "-r",
    "--rowperpage",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="Queues on a page; fewer where the terminal has less room.",
)
@click.option(
    "-p", "--jumptopage", type=click.IntRange(min=1), default=1, show_default=True, help="Page to begin with."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one line of JSON for each look, with all queues."
)
@config_option
def command(
    *,
    iterations: int | None,
    interval: float,
    rowperpage: int,
    jumptopage: int,
    as_json: bool,
    config_path: Path | None,
) -> None:
    """Watch the queues: entries that wait, lag (the age of the oldest one), rates, locks; memory, spool, dead letters.

    On a terminal the picture is drawn anew, elsewhere one follows the other. Keys: left and right turn the page, up and
    down ten pages, a digit goes to that one of ten, comma to the first, full stop to the last; q or Ctrl-C ends it.

    Rates are means over ten seconds. Out is what workers of qtd recorded; where they recorded nothing, how much shorter
    the queue got, as by the plugin's processors. In is out plus how much longer the queue got.

    Exit code 0: ended as asked; a broker or database that is away is shown as such and looked for again. 2: wrong usage
    or configuration.

    \b
    Example:
      qtd monitor
      qtd monitor --rowperpage 40 --jumptopage 2
      qtd monitor --iterations 1 --json
    """
    config = read_config(config_path)
    refuse_memory(config)
    clock = SystemClock()
    console = Console(highlight=False)
    before = signal.signal(signal.SIGTERM, _end)
    try:
        with closing(Looker(config, clock)) as looker:
            pages = Pages(queues=config.queue.count, rows=rowperpage, page=jumptopage)
            if not as_json and sys.stdout.isatty() and not console.is_dumb_terminal:
                keyboard = Keyboard(sys.stdin.fileno()) if sys.stdin.isatty() else None
                LiveMonitor(
                    console, looker.look, pages, keyboard=keyboard, interval=interval, clock=clock
                ).run(iterations)
                return

            def show(look: Look, rates: Mapping[int, Rate]) -> None:
                if as_json:
                    click.echo(orjson.dumps(document(look, rates)).decode())
                else:
                    console.print(picture(look, rates, pages.of(look.queues)), soft_wrap=True)
                    click.echo()

            _follow(looker.look, show, iterations=iterations, interval=interval, clock=clock)
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(_number: int, _frame: object) -> NoReturn:
    """Let SIGTERM end it as Ctrl-C does."""
    raise KeyboardInterrupt


def _follow(
    look: Callable[[], Look],
    show: Callable[[Look, Mapping[int, Rate]], None],
    *,
    iterations: int | None,
    interval: float,
    clock: Clock,
) -> None:
    """Look and show, so many times."""
    rates, never, shown = Rates(), Event(), 0
    while True:
        found = look()
        show(found, rates.add(found))
        shown += 1
        if shown == iterations:
            return
        clock.wait(interval, never)
