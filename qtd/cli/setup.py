"""What every command begins with: the configuration, logging, and waiting for what is not there yet."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from threading import Event
from typing import Any, NoReturn, TypeVar

import click

from qtd.clock import Clock
from qtd.config.load import load
from qtd.config.root import Config
from qtd.errors import ConfigurationError, SchemaError, Transient
from qtd.log.events import ConfigurationRead, Reached, Stopping, Waiting
from qtd.log.logger import get_logger
from qtd.log.output import configure
from qtd.worker.backoff import Backoff

#: Wrong usage or configuration; 1 is failure.
EXIT_USAGE = 2

_Command = TypeVar("_Command", bound=Callable[..., Any])


def config_option(command: _Command) -> _Command:
    """Add `--config FILE`."""
    return click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Configuration (default: /etc/qtd/qtd.yaml, then conf/qtd.yaml, else built-in defaults).",
    )(command)


def no_wait_option(command: _Command) -> _Command:
    """Add `--no-wait`."""
    return click.option(
        "--no-wait",
        is_flag=True,
        help="End with 1 where broker or database is not there, instead of waiting.",
    )(command)


def refuse(error: ConfigurationError | SchemaError) -> NoReturn:
    """End with exit code 2 and one line for each mistake."""
    problems = error.problems if isinstance(error, ConfigurationError) and error.problems else (str(error),)
    for problem in problems:
        click.echo(f"qtd: {problem}", err=True)
    sys.exit(EXIT_USAGE)


def read_config(path: Path | None) -> Config:
    """The valid configuration; ends the process with exit code 2 where there is none."""
    try:
        return load(path)
    except ConfigurationError as error:
        refuse(error)


def start(path: Path | None) -> Config:
    """The configuration, with logging set up after it."""
    config = read_config(path)
    configure(level=config.log.level, format=config.log.format)
    get_logger("cli").emit(ConfigurationRead(source=str(config.source or "built-in defaults")))
    return config


def stop_on_signals() -> Event:
    """An event that SIGTERM and SIGINT set; the second signal ends the process at once."""
    stop = Event()

    def told(number: int, _frame: object) -> None:
        if stop.is_set():
            sys.exit(128 + number)
        stop.set()
        get_logger("cli").emit(Stopping(reason=signal.Signals(number).name))

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    return stop


def wait_for(
    name: str, server: str, attempt: Callable[[], object], *, clock: Clock, stop: Event, no_wait: bool
) -> bool:
    """Repeat `attempt` with back-off until it does not raise Transient; False where told to stop meanwhile.

    With `no_wait` the first failure ends the process with exit code 1.
    """
    logger = get_logger("cli")
    backoff = Backoff(least=0.5, most=10.0, random=Random())
    began = clock.monotonic()
    while not stop.is_set():
        try:
            attempt()
        except Transient as error:
            if no_wait:
                click.echo(f"qtd: {name} is not there: {error}", err=True)
                sys.exit(1)
            pause = backoff.failed()
            logger.emit(
                Waiting(waits_for=name, server=server, cause=str(error), pause_seconds=round(pause, 2))
            )
            clock.wait(pause, stop)
        else:
            if backoff.failures:
                seconds = round(clock.monotonic() - began, 1)
                logger.emit(Reached(waits_for=name, server=server, seconds=seconds))
            return True
    return False
