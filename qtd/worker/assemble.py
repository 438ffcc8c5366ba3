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
from qtd.log.logger import Logger
from qtd.queue.contract import Queues
from qtd.store.create import upgrade
from qtd.store.native import NativeRecorder
from qtd.store.outside import gather
from qtd.store.salts import StoredSalts
from qtd.store.settings.own_file import configured_by
from qtd.store.settings.source import SettingsSource
from qtd.worker.backoff import Backoff
from qtd.worker.batch import BatchStep
from qtd.worker.loop import WorkerLoop
from qtd.worker.recorder import Recorder
from qtd.worker.share import queue_order


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


def native_recorder(config: Config, engine: Engine, clock: Clock) -> NativeRecorder:
    """The native engine on the configured database; makes the tables where they are missing.

    Raises Transient where the database is not there, SchemaError where its tables are not what is needed.
    """
    prefix = config.database.tables_prefix
    upgrade(engine, prefix)
    source = settings_source(config, engine, clock)
    outside = gather(
        StoredSalts(engine, prefix, clock=clock),
        matomo_path=config.matomo.path,
        options=source.current().options,
    )
    recorder = NativeRecorder(engine, prefix, settings=source, outside=outside, clock=clock)
    # Lists and patterns stay for good, and a batch makes thousands of objects that live until its end: looking
    # for garbage among them all again and again costs a fifth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    return recorder


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
        return BatchStep(
            queues=self.queues,
            recorder=self.recorder,
            clock=self.clock,
            logger=self.logger,
            max_requests=max_requests or self.config.batch.max_requests,
            lock_seconds=self.config.workers.lock_seconds,
        )

    def loop(self, worker: int, stop: Event, *, on_progress: Callable[[], None] = lambda: None) -> WorkerLoop:
        """The loop of worker number `worker`, from 1."""
        return WorkerLoop(
            queues=self.queues,
            order=queue_order(worker, workers=self.config.worker_count, queues=self.queues.count),
            step=self.step(),
            backoff=Backoff(
                least=self.config.workers.retry_min_seconds,
                most=self.config.workers.retry_max_seconds,
                random=Random(),
            ),
            clock=self.clock,
            logger=self.logger,
            stop=stop,
            max_wait_seconds=self.config.batch.max_wait_seconds,
            on_progress=on_progress,
        )
