"""`qtd serve`: accept tracking requests over HTTP."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from threading import Event

import click
from sqlalchemy import Engine

from qtd.cli.setup import (
    config_option,
    end_on_signals,
    no_wait_option,
    refuse_memory,
    start,
    stop_on_signals,
)
from qtd.cli.spool import check_spool, open_spool
from qtd.cli.stage import reached
from qtd.cli.together import serve_together
from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.db.transaction import reading
from qtd.ingest.backing import Backing
from qtd.ingest.report import IngestReport
from qtd.ingest.server import serve
from qtd.log.logger import get_logger
from qtd.queue.following import FollowingQueues
from qtd.queue.open import open_queues
from qtd.store.recorder import Recorder
from qtd.store.settings.kept import KeptSettings
from qtd.systemd.notifier import Notifier
from qtd.worker.assemble import open_database, prepare_database, settings_source
from qtd.worker.at_once import AtOnce
from qtd.worker.direct import Direct
from qtd.worker.engines import open_recorder
from qtd.worker.keeping import LockKeeper
from qtd.worker.servers import database_of


@click.command()
@click.option("--with-worker", is_flag=True, help="Also run the workers, as processes of the same group.")
@config_option
@no_wait_option
def command(*, with_worker: bool, config_path: Path | None, no_wait: bool) -> None:
    """Accept tracking requests at /matomo.php and /piwik.php and put them into the queues.

    While the broker takes nothing, requests are kept on local disk (`spool`), and pushed when it is back.
    SIGTERM or Ctrl-C answers what was received and ends; with --with-worker the workers then finish their batches.
    Exit code 0: asked to end. 1: broker or database missing with --no-wait. 2: wrong usage, configuration or tables,
    or an address that can not be listened on.

    \b
    Example:
      qtd serve --with-worker --config /etc/qtd/qtd.yaml
      curl -i 'http://127.0.0.1:8088/matomo.php?idsite=1&rec=1&url=http://example.org/'
    """
    config = start(config_path, identifier="qtd-ingest")
    clock, logger, notifier = SystemClock(), get_logger("ingest"), Notifier.from_environment()
    if with_worker:
        refuse_memory(config)
    check_spool(config, logger)
    stop = stop_on_signals()
    if not _ready(config, stop, notifier, with_worker=with_worker, no_wait=no_wait):
        return
    if with_worker:
        notifier.ready("running endpoint and workers")
        sys.exit(serve_together(config, config_path, stop, clock=clock, logger=logger))
    # Until the endpoint looks after signals itself there is nothing to finish.
    end_on_signals()
    serve(
        config.ingest,
        lambda: _backing(config),
        clock=clock,
        log=logger,
        pulse=IngestReport(notifier=notifier, clock=clock, logger=logger),
    )


def _ready(config: Config, stop: Event, notifier: Notifier, *, with_worker: bool, no_wait: bool) -> bool:
    """Wait until queue and database are there; False where asked to end meanwhile.

    Raises:
        ConfigurationError, SchemaError: one of them is there but can not be used; better told here than by each of the
            processes that would find out.
    """
    clock, engine = SystemClock(), open_database(config)

    def look() -> None:
        prepare_database(config, engine)
        settings_source(config, engine, clock).current()
        if with_worker and config.engine == "native":
            Recorder(engine, config.database.tables_prefix, clock=clock)

    with closing(open_queues(config)) as queues:
        # With a spool requests are accepted without the broker, and so they are where they are recorded at once.
        needed = config.queue.enabled and (no_wait or config.spool_directory is None)
        ping = queues.ping if needed else _nothing
        try:
            return reached(
                config, engine, ping, look, clock=clock, stop=stop, no_wait=no_wait, notifier=notifier
            )
        finally:
            engine.dispose()


def _nothing() -> None:
    """Wait for nobody."""


def _ask(engine: Engine) -> None:
    """Raise Transient where the database is away."""
    with reading(engine) as connection:
        connection.exec_driver_sql("SELECT 1")


def _backing(config: Config) -> Backing:
    """What stands behind the endpoint in this process."""
    clock, logger = SystemClock(), get_logger("ingest")
    queues, engine = open_queues(config), open_database(config)
    settings = KeptSettings(
        settings_source(config, engine, clock),
        server=database_of(engine).address,
        clock=clock,
        logger=logger,
    )

    def close() -> None:
        queues.close()
        engine.dispose()

    following = FollowingQueues(
        queues,
        wanted=config.queue.count,
        settings=settings.current,
        zero_ids_by_address=config.queue.zero_ids_by_address,
        clock=clock,
    )
    spool = open_spool(config, following, clock=clock, logger=logger)
    direct = Direct(
        following,
        lambda: open_recorder(config, engine, clock),
        max_requests=config.batch_requests,
        lock_seconds=config.workers.lock_seconds,
        keep=lambda held: LockKeeper(held, seconds=config.workers.lock_seconds, clock=clock).keep,
        clock=clock,
        logger=logger,
    )
    return Backing(
        # What other processes of this machine have learned counts for more than what the configuration wants.
        queues=config.queue.count if spool is None else spool.queues,
        numbers=following,
        zero_ids_by_address=config.queue.zero_ids_by_address,
        entries=config.queue.entry_form,
        push=following.push if config.queue.enabled else direct.push,
        direct=not config.queue.enabled,
        ping=queues.ping if config.queue.enabled else lambda: _ask(engine),
        settings=settings.current,
        spool=spool,
        # The plugin takes hits from the queues only: with it such requests are queued like others.
        record_now=None
        if config.engine == "console"
        else AtOnce(lambda: open_recorder(config, engine, clock), clock=clock, logger=logger),
        close=close,
    )
