"""`qtd worker`: record what waits in the queues, until stopped."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from qtd.cli.setup import config_option, no_wait_option, refuse, start, stop_on_signals, wait_for
from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.errors import ConfigurationError, SchemaError
from qtd.log.events import WorkerStarted, WorkerStopped
from qtd.log.logger import get_logger
from qtd.queue.open import open_queues
from qtd.store.native import NativeRecorder
from qtd.systemd.notifier import Notifier
from qtd.worker.assemble import WorkerParts, native_recorder, open_database
from qtd.worker.report import WorkerReport
from qtd.worker.share import queue_order


@click.command()
@click.argument("number", type=click.IntRange(min=1), metavar="N")
@config_option
@no_wait_option
def command(*, number: int, config_path: Path | None, no_wait: bool) -> None:
    r"""Run worker number N (from 1, as in qtd-worker@1): lock a queue, record it batch by batch, look further.

    SIGTERM ends it after the batch that has begun. Exit code 0: asked to end. 1: broker or database missing
    with --no-wait. 2: wrong usage, configuration or tables.

    \b
    Example:
      qtd worker 1 --config /etc/qtd/qtd.yaml
    """
    config = start(config_path, identifier=f"qtd-worker-{number}")
    if number > config.worker_count:
        refuse(
            ConfigurationError(
                f"worker {number}: there are {config.worker_count} at most (workers, queue.count)"
            )
        )
    clock, logger, notifier = SystemClock(), get_logger("worker", worker=number), Notifier.from_environment()
    stop = stop_on_signals(lambda: notifier.stopping("finishing the batch", seconds=_stop_seconds(config)))
    try:
        queues, engine = open_queues(config), open_database(config)
        found: list[NativeRecorder] = []
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
            lambda: found.append(native_recorder(config, engine, clock)),
            clock=clock,
            stop=stop,
            no_wait=no_wait,
            notifier=notifier,
        )
        if not ready:
            sys.exit(0)
        parts = WorkerParts(config=config, queues=queues, recorder=found[0], clock=clock, logger=logger)
        order = queue_order(number, workers=config.worker_count, queues=queues.count)
        logger.emit(WorkerStarted(worker=number, queues=", ".join(map(str, order))))
        report = WorkerReport(queues=queues, notifier=notifier, clock=clock, logger=logger)
        loop = parts.loop(number, stop, on_progress=lambda: report.turn(loop))
        notifier.ready("ready")
        loop.run()
    except (ConfigurationError, SchemaError) as error:
        refuse(error)
    requests = sum(loop.totals[name] for name in ("recorded", "excluded", "dead", "repeated"))
    logger.emit(WorkerStopped(worker=number, batches=loop.totals["batches"], requests=requests))
    queues.close()
    engine.dispose()
    notifier.close()


def _stop_seconds(config: Config) -> float:
    """What the batch that has begun may take: some statements that each wait as long as they may."""
    return 30 + 4 * config.database.command_timeout_seconds
