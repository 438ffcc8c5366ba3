"""Broker and database as a command opens them: waited for, used, closed."""

from __future__ import annotations

import socket
from collections.abc import Callable
from threading import Event
from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from qtd.cli.setup import load_config, wait_for
from qtd.clock import Clock
from qtd.config.root import Config
from qtd.queue.lock_token import tokens_of
from qtd.queue.open import open_queues
from qtd.store.native import NativeRecorder
from qtd.systemd.notifier import Notifier
from qtd.worker.assemble import native_recorder, open_database
from qtd.worker.recorder import Recorder
from qtd.worker.reopen import ReopenedRecorder
from qtd.worker.servers import broker_of, database_of


class Stage:
    """The queues and the engine of a worker."""

    def __init__(self, config: Config, clock: Clock, *, holder: str) -> None:
        """Open, and connect to nothing yet; `holder` is what the locks' tokens say, with this machine's name."""
        self._config = config
        self._clock = clock
        self._engine = open_database(config)
        self._recorder: NativeRecorder | None = None
        machine = socket.gethostname().partition(".")[0]
        self.queues = open_queues(config, token=tokens_of(f"{holder}@{machine}"))
        #: of the rows, and of Matomo's other tables
        self.database_engine = self._engine
        #: by the name and address for logs
        self.broker = broker_of(config)
        self.database = database_of(self._engine)

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        self.queues.close()
        self._engine.dispose()

    def reach(self, stop: Event, *, no_wait: bool, notifier: Notifier | None = None) -> bool:
        """Wait until broker and database are there; False where told to stop meanwhile.

        Raises:
            ConfigurationError, SchemaError: one of them is there but can not be used.
        """
        return reached(
            self._config,
            self._engine,
            self.queues.ping,
            self._open,
            clock=self._clock,
            stop=stop,
            no_wait=no_wait,
            notifier=notifier,
        )

    @property
    def recorder(self) -> Recorder:
        """What records, once `reach` has been told so; opened anew when account or tables change."""
        if self._recorder is None:
            raise RuntimeError("reach comes first")
        return ReopenedRecorder(self._recorder, self._reopen)

    def _open(self) -> NativeRecorder:
        self._recorder = native_recorder(self._config, self._engine, self._clock)
        return self._recorder

    def _reopen(self) -> NativeRecorder:
        """Passwords and the rest come from the files as they are now."""
        config = load_config(self._config.source)
        self._engine.dispose()
        self._engine = open_database(config)
        return native_recorder(config, self._engine, self._clock)


def reached(
    config: Config,
    engine: Engine,
    ping: Callable[[], object],
    prepare: Callable[[], object],
    *,
    clock: Clock,
    stop: Event,
    no_wait: bool,
    notifier: Notifier | None = None,
) -> bool:
    """Wait until `ping` reaches the broker and `prepare` the database; False where told to stop meanwhile."""
    for server, attempt in ((broker_of(config), ping), (database_of(engine), prepare)):
        there = wait_for(
            server.name,
            server.address,
            attempt,
            clock=clock,
            stop=stop,
            no_wait=no_wait,
            notifier=notifier,
        )
        if not there:
            return False
    return not stop.is_set()
