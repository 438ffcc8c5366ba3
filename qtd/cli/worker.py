"""`qtd worker`: record what waits in the queues, until stopped."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from threading import Event

import click

from qtd.cli.console_worker import run_console_worker
from qtd.cli.setup import config_option, no_wait_option, refuse, refuse_memory, start, stop_on_signals
from qtd.cli.stage import Stage
from qtd.clock import SystemClock
from qtd.errors import ConfigurationError
from qtd.log.events.queues import QueuesRenumbered
from qtd.log.events.worker import WorkerStarted, WorkerStopped
from qtd.log.logger import get_logger
from qtd.systemd.notifier import Notifier
from qtd.worker.assemble import WorkerParts
from qtd.worker.console.command import plugin_command
from qtd.worker.engines import worker_stop_seconds
from qtd.worker.report import WorkerReport
from qtd.worker.servers import Server
from qtd.worker.share import queue_order


@click.command()
@click.argument("number", type=click.IntRange(min=1), metavar="N")
@config_option
@no_wait_option
def command(*, number: int, config_path: Path | None, no_wait: bool) -> None:
    """Run worker number N (from 1, as in qtd-worker@1): lock a queue, record it batch by batch, look further.

    The engine decides who records: qtd itself (native), a Matomo over HTTP (http), or the plugin's own command, which
    is then run again and again for the queues (console).

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
    plugin = plugin_command(config) if config.engine == "console" else None
    clock, logger, notifier = SystemClock(), get_logger("worker", worker=number), Notifier.from_environment()
    stop = stop_on_signals(
        lambda: notifier.stopping("finishing the batch", seconds=worker_stop_seconds(config))
    )
    with Stage(config, clock, holder=f"worker-{number}", notifier=notifier) as stage:
        if not stage.reach(stop, no_wait=no_wait):
            return
        totals: Counter[str] = Counter()
        count: int | None = None
        # At the start the configuration decides about their number; once that is so, whatever others make of it.
        wanted: int | None = config.queue.count
        while not stop.is_set():
            queues = stage.settle(wanted, stop, no_wait=no_wait, logger=logger)
            if queues is None:
                break
            if count not in (None, queues.count):
                logger.emit(QueuesRenumbered(queues=queues.count, before=count))
            count = queues.count
            wanted = None if count == wanted else wanted
            if plugin is not None:
                totals += run_console_worker(
                    config,
                    plugin,
                    number,
                    queues,
                    stop,
                    wanted=wanted,
                    clock=clock,
                    logger=logger,
                    notifier=notifier,
                )
                continue
            parts = WorkerParts(
                config=config, queues=queues, recorder=stage.recorder, clock=clock, logger=logger
            )
            totals += _work(parts, number, stop, database=stage.database, notifier=notifier, wanted=wanted)
        requests = sum(totals[name] for name in ("recorded", "excluded", "dead", "repeated"))
        logger.emit(WorkerStopped(worker=number, batches=totals["batches"], requests=requests))
    notifier.close()


def _work(
    parts: WorkerParts,
    number: int,
    stop: Event,
    *,
    database: Server,
    notifier: Notifier,
    wanted: int | None,
) -> Counter[str]:
    """Work until told to stop, or another number of queues is announced; return what was done."""
    order = queue_order(number, workers=parts.config.worker_count, queues=parts.queues.count)
    parts.logger.emit(WorkerStarted(worker=number, queues=", ".join(map(str, order))))
    report = WorkerReport(queues=parts.queues, notifier=notifier, clock=parts.clock, logger=parts.logger)
    loop = parts.loop(number, stop, database=database, wanted=wanted, on_progress=lambda: report.turn(loop))
    notifier.ready("ready")
    loop.run()
    return loop.totals
