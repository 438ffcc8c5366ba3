"""`qtd serve`: accept tracking requests over HTTP."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from qtd.cli.setup import config_option, no_wait_option, refuse, start, stop_on_signals, wait_for
from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.errors import ConfigurationError, SchemaError
from qtd.ingest.backing import Backing
from qtd.ingest.report import IngestReport
from qtd.ingest.server import serve
from qtd.log.logger import get_logger
from qtd.queue.open import open_queues
from qtd.store.create import upgrade
from qtd.store.settings.kept import KeptSettings
from qtd.systemd.notifier import Notifier
from qtd.worker.assemble import native_recorder, open_database, settings_source
from qtd.worker.at_once import AtOnce
from qtd.worker.children import WorkerChildren


@click.command()
@click.option("--with-worker", is_flag=True, help="Also run the workers, as processes of the same group.")
@config_option
@no_wait_option
def command(*, with_worker: bool, config_path: Path | None, no_wait: bool) -> None:
    r"""Accept tracking requests at /matomo.php and /piwik.php and put them into the queues.

    SIGTERM answers what was received and ends. Exit code 0: asked to end. 1: broker or database missing with
    --no-wait. 2: wrong usage, configuration or tables, or an address that can not be listened on.

    \b
    Example:
      qtd serve --with-worker --config /etc/qtd/qtd.yaml
      curl -i 'http://127.0.0.1:8088/matomo.php?idsite=1&rec=1&url=http://example.org/'
    """
    config = start(config_path, identifier="qtd-ingest")
    clock, logger, notifier = SystemClock(), get_logger("ingest"), Notifier.from_environment()
    if with_worker and config.queue.backend == "memory":
        refuse(
            ConfigurationError(
                "queue.backend: 'memory': workers are processes of their own and do not see it; use sql"
            )
        )
    try:
        _wait_for_servers(config, notifier, no_wait=no_wait)
        children = WorkerChildren(
            [_worker_command(number, config_path) for number in range(1, config.worker_count + 1)]
            if with_worker
            else [],
            clock=clock,
            logger=logger,
        )
        children.start()
        try:
            serve(
                config.ingest,
                lambda: _backing(config),
                clock=clock,
                log=logger,
                pulse=IngestReport(notifier=notifier, clock=clock, logger=logger),
            )
        finally:
            children.stop()
    except (ConfigurationError, SchemaError) as error:
        refuse(error)


def _wait_for_servers(config: Config, notifier: Notifier, *, no_wait: bool) -> None:
    """Wait until queue and database are there; ends the process where it is asked to meanwhile."""
    clock, stop = SystemClock(), stop_on_signals()
    queues, engine = open_queues(config), open_database(config)
    ready = wait_for(
        "queue",
        config.queue.backend,
        queues.ping,
        clock=clock,
        stop=stop,
        no_wait=no_wait,
        notifier=notifier,
    ) and wait_for(
        "database",
        engine.url.render_as_string(hide_password=True),
        lambda: upgrade(engine, config.database.tables_prefix),
        clock=clock,
        stop=stop,
        no_wait=no_wait,
        notifier=notifier,
    )
    queues.close()
    engine.dispose()
    if not ready:
        sys.exit(0)


def _backing(config: Config) -> Backing:
    """What stands behind the endpoint in this process."""
    clock = SystemClock()
    queues, engine = open_queues(config), open_database(config)
    settings = KeptSettings(settings_source(config, engine, clock), clock=clock, logger=get_logger("ingest"))

    def close() -> None:
        queues.close()
        engine.dispose()

    return Backing(
        queues=queues.count,
        push=queues.push,
        ping=queues.ping,
        settings=settings.current,
        record_now=AtOnce(lambda: native_recorder(config, engine, clock)),
        close=close,
    )


def _worker_command(number: int, config_path: Path | None) -> list[str]:
    command = [sys.executable, "-m", "qtd", "worker", str(number)]
    return command if config_path is None else [*command, "--config", str(config_path)]
