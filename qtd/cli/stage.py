"""Broker, database and engine as a command opens them: waited for, used, closed."""

from __future__ import annotations

import socket
from collections.abc import Callable
from threading import Event
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Engine

from qtd.cli.setup import ATTEMPT_SECONDS, load_config, wait_for
from qtd.clock import Clock
from qtd.config.root import Config
from qtd.errors import ConfigurationError, MatomoUnavailable, QueuesBusy
from qtd.log.events.queues import QueuesNotResized
from qtd.log.logger import Logger
from qtd.queue.contract import Queues
from qtd.queue.lock_token import tokens_of
from qtd.queue.open import open_queues
from qtd.replay.recorder import HttpRecorder
from qtd.systemd.notifier import Notifier
from qtd.worker.assemble import number_of_queues, open_database
from qtd.worker.engines import open_recorder
from qtd.worker.recorder import Recorder
from qtd.worker.reopen import ReopenedRecorder
from qtd.worker.servers import Server, broker_of, database_of, matomo_of

#: What somebody has to finish his batch, at a start with another number of queues; nobody records meanwhile.
_LET_GO_SECONDS: Final = 15.0


class Stage:
    """The queues and the engine of a worker."""

    def __init__(
        self, config: Config, clock: Clock, *, holder: str, notifier: Notifier | None = None
    ) -> None:
        """Open, and connect to nothing yet; `holder` is what the locks' tokens say, with this machine's name.

        The `notifier` hears what is waited for and worked at.
        """
        self._config = config
        self._clock = clock
        self._notifier = notifier or Notifier()
        self._engine = open_database(config)
        self._recorder: Recorder | None = None
        self._http: HttpRecorder | None = None
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
        self._close_http()
        self.queues.close()
        self._engine.dispose()

    def reach(self, stop: Event, *, no_wait: bool) -> bool:
        """Wait until broker, database and Matomo (with engine http) are there; False where told to stop meanwhile.

        Raises:
            ConfigurationError, SchemaError: one of them is there but can not be used.
        """
        if self._config.engine == "console":  # the plugin knows its database itself
            return self._wait_for(self.broker, self.queues.ping, stop, no_wait=no_wait)
        there = reached(
            self._config,
            self._engine,
            self.queues.ping,
            self._open,
            clock=self._clock,
            stop=stop,
            no_wait=no_wait,
            notifier=self._notifier,
        )
        matomo = matomo_of(self._config)
        if not there or matomo is None:
            return there
        return self._wait_for(matomo, self._probe, stop, no_wait=no_wait)

    def settle(self, wanted: int | None, stop: Event, *, no_wait: bool, logger: Logger) -> Queues | None:
        """Return the queues in force, when no change of their number is under way; None: told to stop meanwhile.

        With `wanted` they are so many then, for what waits is moved; unless somebody does not let go of a queue, which
        is told. With `no_wait` the process ends with exit code 1 where broker or database are away.

        Raises:
            ConfigurationError: with engine console their number can not be changed, and is another one.
        """
        if self._config.engine == "console":
            return self._of_plugin()

        def alive() -> None:
            self._working("the number of queues is being changed")

        numbers = number_of_queues(
            self._config, self._engine, self.queues, clock=self._clock, logger=logger, alive=alive
        )
        found: list[Queues | None] = []

        def attempt() -> None:
            try:
                found.append(numbers.settle(wanted, stop, wait_seconds=_LET_GO_SECONDS))
            except QueuesBusy as error:
                if wanted is None:
                    raise
                logger.emit(QueuesNotResized(queues=wanted, cause=str(error)))
                found.append(numbers.settle(None, stop, wait_seconds=_LET_GO_SECONDS))

        self._wait_for(self.broker, attempt, stop, no_wait=no_wait)
        return found[-1] if found else None

    def _of_plugin(self) -> Queues:
        """With engine console the plugin's processors go by its own setting."""
        numbering = self.queues.numbering()
        if numbering is not None and (numbering.target is not None or numbering.count != self.queues.count):
            raise ConfigurationError(
                f"queue.count: {self.queues.count}: {numbering.target or numbering.count} queues are in force, and with"
                " engine console the plugin's setting numQueueWorkers decides: give that number"
            )
        return self.queues

    @property
    def recorder(self) -> Recorder:
        """What records, once `reach` has been told so; opened anew when account or tables change."""
        if self._recorder is None:
            raise RuntimeError("reach comes first")
        return ReopenedRecorder(self._recorder, self._reopen)

    def _wait_for(self, server: Server, attempt: Callable[[], object], stop: Event, *, no_wait: bool) -> bool:
        return wait_for(
            server.name,
            server.address,
            attempt,
            clock=self._clock,
            stop=stop,
            no_wait=no_wait,
            notifier=self._notifier,
        )

    def _working(self, at: str) -> None:
        """Tell the service manager that a step of the work begins; the work itself does, so that it is true."""
        self._notifier.extend(ATTEMPT_SECONDS, at)

    def _open(self) -> Recorder:
        self._recorder = self._opened(self._config)
        return self._recorder

    def _probe(self) -> None:
        """Ask Matomo; after a failure with the token as it is then."""
        if self._http is None:
            self._recorder = self._reopen()
            return
        try:
            self._http.probe()
        except MatomoUnavailable:
            self._close_http()
            raise

    def _opened(self, config: Config) -> Recorder:
        recorder = open_recorder(config, self._engine, self._clock, working=self._working)
        if isinstance(recorder, HttpRecorder):
            self._close_http()
            self._http = recorder
        return recorder

    def _close_http(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None

    def _reopen(self) -> Recorder:
        """Passwords, tokens and the rest come from the files as they are now."""
        config = load_config(self._config.source)
        self._engine.dispose()
        self._engine = open_database(config)
        recorder = self._opened(config)
        if self._http is not None:
            self._http.probe()
        return recorder


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
