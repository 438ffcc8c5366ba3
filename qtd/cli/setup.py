"""What every command begins with: the configuration, logging, and waiting for what is not there yet."""

from __future__ import annotations

import faulthandler
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from random import Random
from threading import Event, Thread
from typing import Any, NoReturn, TypeVar

import click

from qtd.clock import Clock
from qtd.config.load import load
from qtd.config.root import Config
from qtd.errors import ConfigurationError, SchemaError, Transient
from qtd.log.events.process import ConfigurationRead, Stopping
from qtd.log.logger import get_logger
from qtd.log.output import configure
from qtd.log.redact import redact_text
from qtd.store.settings.beside_matomo import beside_matomo, remarks
from qtd.systemd.journal import Journal, goes_to_journal
from qtd.systemd.notifier import Notifier
from qtd.worker.backoff import Backoff
from qtd.worker.outage import Outage
from qtd.worker.parent import end_with_parent
from qtd.worker.servers import Server

#: The file descriptor; sys.stderr may be replaced.
STANDARD_ERROR = 2

#: Broker or database failed.
EXIT_FAILED = 1

#: Wrong usage, configuration or tables.
EXIT_USAGE = 2

#: What an attempt to reach a server, or a step of the start, may take, by far, also where many start at once on a busy
#: machine; the service manager is asked for as much.
ATTEMPT_SECONDS = 120.0

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


def refuse_memory(config: Config) -> None:
    """End with exit code 2 where the queues are in the memory of another process."""
    if config.queue.backend == "memory":
        refuse(
            ConfigurationError(
                "queue.backend: 'memory': workers are processes of their own and do not see it; use sql"
            )
        )


def fail(reason: str) -> NoReturn:
    """End with exit code 1 and one line."""
    click.echo(f"qtd: {redact_text(reason, addresses=False)}", err=True)
    sys.exit(EXIT_FAILED)


def load_config(path: Path | None, *, secrets: bool = True) -> Config:
    """The valid configuration, completed by Matomo's files where it names them. Raises ConfigurationError."""
    return beside_matomo(load(path, secrets=secrets))


def read_config(path: Path | None, *, secrets: bool = True) -> Config:
    """The same; ends the process with exit code 2 where there is none."""
    try:
        return load_config(path, secrets=secrets)
    except ConfigurationError as error:
        refuse(error)


def start(path: Path | None, identifier: str = "qtd") -> Config:
    """The configuration, with logging set up after it; `identifier` is what lines in the journal begin with.

    From now on SIGABRT (systemd's watchdog) ends the process with the stacks of all threads on standard error, and
    SIGQUIT shows them and lets it go on.
    """
    end_with_parent()
    faulthandler.enable(STANDARD_ERROR)
    faulthandler.register(signal.SIGQUIT, STANDARD_ERROR, all_threads=True)
    config = read_config(path)
    log_as_configured(config, identifier)
    get_logger("cli").emit(ConfigurationRead(source=str(config.source or "built-in defaults")))
    for remark in remarks(config):
        get_logger("cli").emit(remark)
    return config


def log_as_configured(config: Config, identifier: str) -> None:
    """Set logging up, with systemd's journal where standard error ends there."""
    journal = Journal() if goes_to_journal(STANDARD_ERROR) else None
    configure(
        level=config.log.level,
        format=config.log.format,
        journal=None if journal is None else journal.send,
        identifier=identifier,
    )


def stop_on_signals(and_then: Callable[[], None] = lambda: None) -> Event:
    """Return an event that SIGTERM and SIGINT set, before `and_then` is called in a thread.

    Ctrl-C (SIGINT) once more ends the process at once; SIGTERM may come as often as it likes.
    """
    stop = Event()
    interrupts = 0

    def impatient(number: int) -> None:
        nonlocal interrupts
        interrupts += number == signal.SIGINT
        if interrupts > 1:
            sys.exit(128 + number)

    def tell(number: int) -> None:
        if stop.is_set():
            return
        get_logger("cli").emit(Stopping(reason=signal.Signals(number).name))
        stop.set()
        and_then()

    on_signals((signal.SIGTERM, signal.SIGINT), tell, at_once=impatient)
    return stop


def on_signals(
    numbers: tuple[signal.Signals, ...],
    tell: Callable[[int], None],
    *,
    at_once: Callable[[int], None] = lambda _number: None,
) -> None:
    """Have `tell` called with the number in a thread whenever one of these signals comes, one after the other.

    The main thread may be anywhere when a signal interrupts it, in the middle of logging or of looking at an event:
    there, what takes a lock that it holds would wait for ever. `at_once` is called there, and must take none.
    """
    told: SimpleQueue[int] = SimpleQueue()

    def note(number: int, _frame: object) -> None:
        at_once(number)
        told.put(number)  # safe even in the middle of doing so

    def listen() -> None:
        while True:
            tell(told.get())

    Thread(target=listen, name="signals", daemon=True).start()
    for number in numbers:
        signal.signal(number, note)


def end_on_signals() -> None:
    """Let SIGTERM and SIGINT end the process again, as before `stop_on_signals`."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def wait_for(
    name: str,
    server: str,
    attempt: Callable[[], object],
    *,
    clock: Clock,
    stop: Event,
    no_wait: bool,
    notifier: Notifier | None = None,
) -> bool:
    """Repeat `attempt` with back-off until it does not raise Transient; False where told to stop meanwhile.

    With `no_wait` the first failure ends the process with exit code 1. The `notifier` hears of each attempt and of what
    is waited for, and that the start takes longer.
    """
    notifier = notifier or Notifier()
    outage = Outage(
        Server(name=name, address=server),
        backoff=Backoff(least=0.5, most=10.0, random=Random()),
        clock=clock,
        logger=get_logger("cli"),
    )
    while not stop.is_set():
        notifier.extend(ATTEMPT_SECONDS, f"reaching {name}")
        try:
            attempt()
        except Transient as error:
            if no_wait:
                fail(f"{name} ({server}) is not there: {error}")
            pause = outage.failed(error)
            notifier.extend(pause + ATTEMPT_SECONDS, redact_text(f"waiting for {name}: {error}"))
            clock.wait(pause, stop)
        else:
            outage.over()
            return True
    return False
