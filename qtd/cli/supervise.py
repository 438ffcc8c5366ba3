"""`qtd supervise`: keep as many workers running as are wanted."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path
from random import Random
from threading import Event

import click
from sqlalchemy import Engine

from qtd.cli.setup import (
    config_option,
    load_config,
    log_as_configured,
    no_wait_option,
    on_signals,
    refuse_memory,
    start,
    stop_on_signals,
)
from qtd.cli.stage import reached
from qtd.clock import SystemClock
from qtd.db.transaction import reading
from qtd.log.logger import get_logger
from qtd.queue.open import open_queues
from qtd.replay.matomo import Matomo
from qtd.supervisor.children_runtime import ChildrenRuntime
from qtd.supervisor.runtime import Runtime
from qtd.supervisor.supervisor import Supervisor
from qtd.supervisor.systemd_runtime import SystemdRuntime
from qtd.systemd.notifier import Notifier
from qtd.systemd.units import Units
from qtd.worker.assemble import open_database
from qtd.worker.engines import quick_matomo, worker_stop_seconds

IDENTIFIER = "qtd"

#: As WatchdogSec= in systemd/qtd-worker@.service.
WATCHDOG_SECONDS = 120.0


@click.command()
@click.option(
    "--runtime",
    type=click.Choice(["auto", "systemd", "children"]),
    default="auto",
    show_default=True,
    help="What runs the workers: units qtd-worker@N, or child processes. auto: units, if started by systemd.",
)
@config_option
@no_wait_option
def command(*, runtime: str, config_path: Path | None, no_wait: bool) -> None:
    """Keep the wanted workers running, scale them on lag, restart those that hang.

    SIGHUP reads the configuration again; one with mistakes is refused and the old one stays. SIGTERM ends it: units
    live on, child processes finish their batches. Exit code 0: asked to end. 1: broker or database missing with
    --no-wait. 2: wrong usage or configuration.

    \b
    Example:
      qtd supervise --config /etc/qtd/qtd.yaml
    """
    config = start(config_path, identifier=IDENTIFIER)
    by_units = runtime == "systemd" or (runtime == "auto" and _started_by_systemd())
    refuse_memory(config)
    clock, notifier, wake = SystemClock(), Notifier.from_environment(), Event()
    stop_seconds = worker_stop_seconds(config)

    def stopping() -> None:
        notifier.stopping("ending", seconds=10 if by_units else stop_seconds + 10)
        wake.set()

    stop = stop_on_signals(stopping)
    queues, engine, matomo = open_queues(config), open_database(config), quick_matomo(config, clock)
    try:
        if not reached(
            config,
            engine,
            queues.ping,
            lambda: _ask(engine, None),
            clock=clock,
            stop=stop,
            no_wait=no_wait,
            notifier=notifier,
        ):
            return
        with tempfile.TemporaryDirectory(prefix="qtd-") as folder:
            supervisor = Supervisor(
                config,
                queues=queues,
                runtime=SystemdRuntime(Units())
                if by_units
                else _children(config_path, Path(folder), stop_seconds),
                database_answers=lambda: _ask(engine, matomo),
                read_config=lambda: load_config(config_path),
                apply_log=lambda new: log_as_configured(new, IDENTIFIER),
                notifier=notifier,
                clock=clock,
                logger=get_logger("supervisor"),
                random=Random(),
            )

            def reload(_number: int) -> None:
                supervisor.ask_reload()
                wake.set()

            on_signals((signal.SIGHUP,), reload)
            supervisor.run(stop, wake)
    finally:
        queues.close()
        engine.dispose()
        if matomo is not None:
            matomo.close()
        notifier.close()


def _started_by_systemd() -> bool:
    """INVOCATION_ID is in every unit's environment: systemd.exec(5)."""
    return "INVOCATION_ID" in os.environ and Path("/run/systemd/system").is_dir()


def _children(config_path: Path | None, folder: Path, stop_seconds: float) -> Runtime:
    options = [] if config_path is None else ["--config", str(config_path)]
    return ChildrenRuntime(
        lambda number: [sys.executable, "-m", "qtd", "worker", str(number), *options],
        folder=folder,
        clock=SystemClock(),
        watchdog_seconds=WATCHDOG_SECONDS,
        stop_seconds=stop_seconds,
    )


def _ask(engine: Engine, matomo: Matomo | None) -> None:
    """Raise Transient where the database is away, or the Matomo that records with engine http."""
    with reading(engine) as connection:
        connection.exec_driver_sql("SELECT 1")
    if matomo is not None:
        matomo.probe()
