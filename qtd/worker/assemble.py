"""Puts a worker together from the configuration."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from threading import Event

from sqlalchemy import Engine

from qtd.clock import Clock
from qtd.config.database import Connection
from qtd.config.root import Config
from qtd.config.secret import revealed
from qtd.db.engine import Timeouts, open_engine
from qtd.engine.outside import Outside
from qtd.log.events.store import TablesCreated
from qtd.log.logger import Logger, get_logger
from qtd.queue.contract import Queues
from qtd.queue.routing import Router
from qtd.store.native import NativeRecorder
from qtd.store.outside import gather, synchronised_lists
from qtd.store.prepare import prepare
from qtd.store.retry import Retry
from qtd.store.salts import StoredSalts
from qtd.store.settings.own_file import configured_by
from qtd.store.settings.source import SettingsSource
from qtd.store.unapplied import Unapplied
from qtd.worker.backoff import Backoff
from qtd.worker.batch import BatchStep
from qtd.worker.due import Due
from qtd.worker.keeping import LockKeeper
from qtd.worker.loop import WorkerLoop
from qtd.worker.numbering import NumberOfQueues, NumberWatch
from qtd.worker.outage import Outage
from qtd.worker.recorder import Recorder
from qtd.worker.servers import Server, broker_of, database_of, matomo_of
from qtd.worker.share import own_queues, queue_order


def open_database(config: Config) -> Engine:
    """The tracker's database, connected to nothing yet."""
    return _open(config.database_url, config.database)


def _open(url: str, database: Connection) -> Engine:
    timeouts = Timeouts(
        connect=database.connect_timeout_seconds,
        command=database.command_timeout_seconds,
        lock=database.lock_timeout_seconds,
    )
    return open_engine(url, password=revealed(database.password), timeouts=timeouts)


def settings_source(config: Config, engine: Engine, clock: Clock) -> SettingsSource:
    """Matomo's settings: from its tables, its files and our own file."""
    return SettingsSource(
        engine, config.database.tables_prefix, configured=lambda: configured_by(config), clock=clock
    )


def number_of_queues(
    config: Config,
    engine: Engine,
    queues: Queues,
    *,
    clock: Clock,
    logger: Logger,
    alive: Callable[[], None] = lambda: None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> NumberOfQueues:
    """What changes the number of queues; asks for Matomo's settings only when there is something to move."""
    source = settings_source(config, engine, clock)

    def route_to(count: int) -> Router:
        settings = source.current()  # those of one moment, for all entries
        return Router(
            count=count, settings=lambda: settings, zero_ids_by_address=config.queue.zero_ids_by_address
        )

    return NumberOfQueues(
        queues,
        route_to=route_to,
        unapplied=lambda: Unapplied(engine, config.database.tables_prefix, clock=clock, keep=config.keep),
        clock=clock,
        logger=logger,
        alive=alive,
        progress=progress,
    )


def prepare_database(config: Config, engine: Engine) -> None:
    """Make the tables that are missing. Raises what `qtd.store.prepare.prepare` raises."""
    if made := prepare(engine, config.database.tables_prefix, beside_matomo=config.matomo.path is not None):
        get_logger("store").emit(TablesCreated(tables=made, server=database_of(engine).address))


def native_recorder(
    config: Config, engine: Engine, clock: Clock, *, working: Callable[[str], None] = lambda _at: None
) -> NativeRecorder:
    """The native engine on the configured database; makes the tables where they are missing.

    `working` is told what is worked at: seconds of processor time, which a busy machine gives one late.

    Raises Transient where the database is not there, SchemaError where its tables are not what is needed.
    """
    source, outside = _surroundings(config, engine, clock, working)
    prefix = config.database.tables_prefix
    recorder = NativeRecorder(engine, prefix, settings=source, outside=outside, clock=clock, keep=config.keep)
    # Lists and patterns stay for good, and a batch makes thousands of objects that live until its end: looking
    # for garbage among them all again and again costs a fifth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    return recorder


def dead_letter_retry(config: Config, engine: Engine, clock: Clock) -> Retry:
    """What applies dead letters again; raises as `native_recorder`."""
    source, outside = _surroundings(config, engine, clock)
    prefix = config.database.tables_prefix
    return Retry(engine, prefix, settings=source, outside=outside, clock=clock, keep=config.keep)


def _surroundings(
    config: Config, engine: Engine, clock: Clock, working: Callable[[str], None] = lambda _at: None
) -> tuple[SettingsSource, Outside]:
    """What the native engine needs beside its requests."""
    prefix = config.database.tables_prefix
    prepare_database(config, engine)
    source = settings_source(config, engine, clock)
    outside = gather(
        StoredSalts(engine, prefix, clock=clock),
        matomo_path=config.matomo.path,
        options=synchronised_lists(engine, prefix, source.current()),
        working=working,
    )
    return source, outside


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerParts:
    """What a worker's loop is made of."""

    config: Config
    queues: Queues
    recorder: Recorder
    clock: Clock
    logger: Logger

    def step(self, max_requests: int | None = None) -> BatchStep:
        """Record one batch."""
        seconds = self.config.workers.lock_seconds
        return BatchStep(
            queues=self.queues,
            recorder=self.recorder,
            clock=self.clock,
            logger=self.logger,
            max_requests=max_requests or self.config.batch_requests,
            lock_seconds=seconds,
            keep=LockKeeper(self.queues, seconds=seconds, clock=self.clock).keep,
        )

    def backoff(self) -> Backoff:
        """Pauses as configured."""
        workers = self.config.workers
        return Backoff(least=workers.retry_min_seconds, most=workers.retry_max_seconds, random=Random())

    def outage(self, server: Server) -> Outage:
        """What is told when a server is away."""
        return Outage(
            server,
            backoff=self.backoff(),
            clock=self.clock,
            logger=self.logger,
            matomo=matomo_of(self.config),
        )

    def loop(
        self,
        worker: int,
        stop: Event,
        *,
        database: Server,
        wanted: int | None = None,
        on_progress: Callable[[], None] = lambda: None,
    ) -> WorkerLoop:
        """The loop of worker number `worker`, from 1; it ends when another number of queues is announced, too.

        Where another number is `wanted` than there are, it ends after some time, for another attempt.
        """
        workers, batch = self.config.worker_count, self.config.batch
        order = queue_order(worker, workers=workers, queues=self.queues.count)
        own = own_queues(worker, workers=workers, queues=self.queues.count)
        return WorkerLoop(
            order=order,
            due=Due(
                max_requests=batch.max_requests,
                max_wait_seconds=batch.max_wait_seconds,
                others=set(order) - set(own),
                clock=self.clock,
            ),
            step=self.step(),
            broker=self.outage(broker_of(self.config)),
            database=self.outage(database),
            backoff=self.backoff,
            clock=self.clock,
            logger=self.logger,
            stop=stop,
            on_progress=on_progress,
            settled=NumberWatch(self.queues, self.clock, wanted=wanted),
        )
