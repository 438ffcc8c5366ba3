"""Opens the engine that the configuration names, for whoever records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from sqlalchemy import Engine

from qtd.clock import Clock
from qtd.config.root import Config
from qtd.errors import ConfigurationError
from qtd.log.logger import get_logger
from qtd.replay.accounts import Accounts
from qtd.replay.matomo import Matomo
from qtd.replay.recorder import HttpRecorder
from qtd.replay.retry import HttpRetry
from qtd.store.dead_letters import DeadLetter
from qtd.store.retry import Retried
from qtd.worker.assemble import dead_letter_retry, native_recorder, prepare_database, settings_source
from qtd.worker.console.run import KILL_SECONDS
from qtd.worker.recorder import Recorder

#: For the answer to somebody who asks again soon.
_QUICK_SECONDS: Final = 5.0


class LetterRetry(Protocol):
    """What records dead letters again."""

    def retry(self, letter: DeadLetter) -> Retried:
        """Try one again. Raises Transient, SchemaError, ConfigurationError."""


def open_recorder(
    config: Config, engine: Engine, clock: Clock, *, working: Callable[[str], None] = lambda _at: None
) -> Recorder:
    """The engine on the configured database, which has its tables then; with http nothing is sent yet.

    `working` is told what is worked at, where that takes processor time.

    Raises:
        Transient: the database is not there.
        SchemaError: its tables are not what is needed.
        ConfigurationError: the engine can not be opened so.
    """
    if config.engine == "http":
        return http_recorder(config, engine, clock)
    _refuse_console(config)
    return native_recorder(config, engine, clock, working=working)


def http_recorder(config: Config, engine: Engine, clock: Clock) -> HttpRecorder:
    """The http engine; raises as `open_recorder`."""
    prepare_database(config, engine)
    settings = settings_source(config, engine, clock)
    settings.current()
    return HttpRecorder(
        Matomo(config.http, clock=clock),
        accounts=Accounts(
            engine,
            config.database.tables_prefix,
            settings=settings,
            clock=clock,
            keep=config.keep,
            logger=get_logger("store"),
        ),
        settings=settings,
        max_requests=config.http.max_requests,
        clock=clock,
    )


def letter_retry(config: Config, engine: Engine, clock: Clock) -> LetterRetry:
    """What records dead letters again; raises as `open_recorder`."""
    if config.engine == "http":
        prepare_database(config, engine)
        return HttpRetry(
            engine,
            config.database.tables_prefix,
            Matomo(config.http, clock=clock),
            settings=settings_source(config, engine, clock),
            clock=clock,
            keep=config.keep,
        )
    _refuse_console(config)
    return dead_letter_retry(config, engine, clock)


def quick_matomo(config: Config, clock: Clock) -> Matomo | None:
    """The Matomo that records, with engine http, for who only asks whether it is there and has no time to wait."""
    if config.engine != "http":
        return None
    section = config.http.model_copy(
        update={"timeout_seconds": min(_QUICK_SECONDS, config.http.timeout_seconds)}
    )
    return Matomo(section, clock=clock)


def worker_stop_seconds(config: Config) -> float:
    """What a worker may take from SIGTERM on: a batch that has begun, or the plugin's run."""
    if config.engine == "console":
        return 30 + config.console.stop_seconds + KILL_SECONDS
    call = config.http.timeout_seconds if config.engine == "http" else 0
    # Some statements, each of which waits as long as it may.
    return 30 + 4 * config.database.command_timeout_seconds + call


def _refuse_console(config: Config) -> None:
    if config.engine == "console":
        raise ConfigurationError(
            "engine: 'console': records from the queues only, by the plugin, and only in qtd worker; use native or http"
        )
