"""`qtd worker`: record what waits in the queues, until stopped."""

from __future__ import annotations

from pathlib import Path

import click

from qtd.cli.setup import config_option, no_wait_option, refuse, refuse_memory, start, stop_on_signals
from qtd.cli.stage import Stage
from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.errors import ConfigurationError
from qtd.log.events import WorkerStarted, WorkerStopped
from qtd.log.logger import get_logger
from qtd.systemd.notifier import Notifier
from qtd.worker.assemble import WorkerParts
from qtd.worker.report import WorkerReport
from qtd.worker.share import queue_order


@click.command()
@click.argument("number", type=click.IntRange(min=1), metavar="N")
@config_option
@no_wait_option
def command(*, number: int, config_path: Path | None, no_wait: bool) -> None:
    """Run worker number N (from 1, as in qtd-worker@1): lock a queue, record it batch by batch, look further.

    SIGTERM or Ctrl-C ends it after the batch that has begun. Exit code 0: asked to end. 1: broker or database missing
    with --no-wait. 2: wrong usage, configuration or tables.

    \b
    Example:
      qtd worker 1 --config /etc/qtd/qtd.yaml
    """
    config = start(config_path, identifier=f"qtd-worker-{number}")
    refuse_memory(config)
    if number > config.worker_count:
        refuse(
            ConfigurationError(
                f"worker {number}: there are {config.worker_count} at most (workers, queue.count)"
            )
        )
    clock, logger, notifier = SystemClock(), get_logger("worker", worker=number), Notifier.from_environment()
    stop = stop_on_signals(lambda: notifier.stopping("finishing the batch", seconds=_stop_seconds(config)))
    with Stage(config, clock, holder=f"worker-{number}") as stage:
        if not stage.reach(stop, no_wait=no_wait, notifier=notifier):
            return
        parts = WorkerParts(
            config=config, queues=stage.queues, recorder=stage.recorder, clock=clock, logger=logger
        )
        order = queue_order(number, workers=config.worker_count, queues=stage.queues.count)
        logger.emit(WorkerStarted(worker=number, queues=", ".join(map(str, order))))
        report = WorkerReport(queues=stage.queues, notifier=notifier, clock=clock, logger=logger)
        loop = parts.loop(number, stop, database=stage.database, on_progress=lambda: report.turn(loop))
        notifier.ready("ready")
        loop.run()
        requests = sum(loop.totals[name] for name in ("recorded", "excluded", "dead", "repeated"))
        logger.emit(WorkerStopped(worker=number, batches=loop.totals["batches"], requests=requests))
    notifier.close()


def _stop_seconds(config: Config) -> float:
    """What the batch that has begun may take: some statements that each wait as long as they may."""
    return 30 + 4 * config.database.command_timeout_seconds
