"""A worker with engine console: what `qtd worker` runs then."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from random import Random
from threading import Event

from qtd.clock import Clock
from qtd.config.root import Config
from qtd.log.events.worker import WorkerStarted
from qtd.log.logger import Logger
from qtd.queue.console_lock import open_console_locks
from qtd.queue.contract import Queues
from qtd.queue.lock_token import tokens_of
from qtd.systemd.notifier import Notifier
from qtd.worker.backoff import Backoff
from qtd.worker.console.command import PluginCommand
from qtd.worker.console.loop import ConsoleLoop, Surroundings
from qtd.worker.console.run import Runner
from qtd.worker.due import Due
from qtd.worker.keeping import LockKeeper
from qtd.worker.numbering import NumberWatch
from qtd.worker.outage import Outage
from qtd.worker.report import WorkerReport
from qtd.worker.servers import broker_of
from qtd.worker.share import own_queues, queue_order


def run_console_worker(
    config: Config,
    command: PluginCommand,
    number: int,
    queues: Queues,
    stop: Event,
    *,
    wanted: int | None,
    clock: Clock,
    logger: Logger,
    notifier: Notifier,
) -> Counter[str]:
    """Run worker `number` until `stop` is set or another number of queues is announced; return what was done."""
    seconds, section = config.workers.lock_seconds, config.console

    def backoff() -> Backoff:
        workers = config.workers
        return Backoff(least=workers.retry_min_seconds, most=workers.retry_max_seconds, random=Random())

    token = tokens_of(f"worker-{number}")
    with closing(open_console_locks(config, count=queues.count, token=token)) as locks:
        order = queue_order(number, workers=config.worker_count, queues=queues.count)
        own = own_queues(number, workers=config.worker_count, queues=queues.count)
        logger.emit(WorkerStarted(worker=number, queues=", ".join(map(str, order))))
        report = WorkerReport(queues=queues, notifier=notifier, clock=clock, logger=logger)
        loop = ConsoleLoop(
            Surroundings(
                queues=queues,
                locks=locks,
                keep=LockKeeper(locks, seconds=seconds, clock=clock).keep,
                lock_seconds=seconds,
                runner=Runner(
                    command,
                    time_limit_seconds=section.time_limit_seconds,
                    stop_seconds=section.stop_seconds,
                    clock=clock,
                    logger=logger,
                ),
                max_requests=section.max_requests,
                clock=clock,
                logger=logger,
            ),
            order=order,
            due=Due(
                max_requests=section.max_requests,
                max_wait_seconds=config.batch.max_wait_seconds,
                others=set(order) - set(own),
                clock=clock,
            ),
            broker=Outage(broker_of(config), backoff=backoff(), clock=clock, logger=logger),
            backoff=backoff,
            stop=stop,
            on_progress=lambda: report.turn(loop),
            settled=NumberWatch(queues, clock, wanted=wanted),
        )
        notifier.ready("ready")
        loop.run()
        return loop.totals
