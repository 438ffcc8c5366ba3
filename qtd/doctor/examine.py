"""Looks at everything, group by group; what is away costs one group, never the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

from sqlalchemy import Connection, Engine

from qtd.clock import Clock
from qtd.config.root import Config
from qtd.db.transaction import reading
from qtd.doctor.check import Check, doubtful, fine, guarded, wrong
from qtd.doctor.console_engine import check_console
from qtd.doctor.database import check_database, check_queue_database, open_database
from qtd.doctor.files import check_log, check_spool, check_state, check_user
from qtd.doctor.http_engine import check_http
from qtd.doctor.hurry import hurried
from qtd.doctor.matomo_database import (
    check_location_provider,
    check_plugin,
    check_salt_without_folder,
)
from qtd.doctor.matomo_folder import check_folder
from qtd.doctor.redis_broker import check_redis
from qtd.doctor.secret_files import check_secrets
from qtd.errors import ConfigurationError
from qtd.store.settings.beside_matomo import beside_matomo
from qtd.store.settings.matomo_files import MatomoFiles, read_matomo_files
from qtd.store.settings.tracker_plugins import tracker_plugins


class Examination:
    """One look at what a valid configuration names; the groups are gone through in their order."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._given = config
        #: completed by Matomo's files, with shorter waits
        self._config = hurried(config)
        self._clock = clock
        #: null where there is none, or it can not be read
        self._files: MatomoFiles | None = None
        #: whether the database was to be named by files of Matomo that can not be read
        self._unknown_database = False
        #: null until it has let us in
        self._database: Engine | None = None
        self._open = ExitStack()

    def groups(self) -> Iterator[tuple[str, Callable[[], Iterator[Check]]]]:
        """Yield the name of each group, and what looks at it."""
        with self._open:
            yield "configuration", self._configuration
            yield "broker", self._broker
            yield "database", self._rows
            if self._config.matomo.path is not None:
                yield "Matomo", self._matomo
            if self._config.engine == "http":
                yield "the Matomo that records", self._http
            if self._config.engine == "console":
                yield "the plugin's command", self._console
            yield "files", self._look_at_files

    def _configuration(self) -> Iterator[Check]:
        where = str(self._config.source or "built-in defaults")
        yield fine("configuration", "valid", where=where)
        if self._config.matomo.path is None:
            return
        try:
            self._files = read_matomo_files(self._config.matomo.path)
            self._config = hurried(_completed(self._config, self._files))
        except ConfigurationError as error:
            self._unknown_database = self._config.database.url is None
            yield wrong(
                "matomo.configuration",
                str(error),
                "name Matomo's folder in matomo.path, and let the user that qtd runs as read its config/",
            )

    def _broker(self) -> Iterator[Check]:
        config = self._config
        if config.queue.backend == "redis":
            yield from check_redis(
                config.redis, self._clock, count=config.queue.count, form=config.queue.entry_form
            )
        elif config.queue.backend == "memory":
            yield doubtful(
                "queues.backend",
                "memory: what waits is lost when the process ends, and no other process sees it",
                "use redis, or sql",
            )
        elif self._unknown_database and config.queue.database is None:
            yield self._unknown("queue_database.connection")
        else:
            shared = config.queue.database is None
            engine = open_database(config.queue_database_url, config.queue_database)
            self._open.callback(engine.dispose)
            yield from check_queue_database(config, engine, self._clock, shared=shared)

    def _rows(self) -> Iterator[Check]:
        if self._unknown_database:
            yield self._unknown("database.connection")
            return
        config = self._config
        engine = open_database(config.database_url, config.database)
        self._open.callback(engine.dispose)
        if (yield from check_database(config, engine, self._clock)):
            self._database = engine
            if config.matomo.path is None:
                yield from self._asked("matomo.salt", partial(check_salt_without_folder, config))

    def _unknown(self, name: str) -> Check:
        return wrong(name, "not known, since Matomo's files were to name it", "see matomo.configuration")

    def _matomo(self) -> Iterator[Check]:
        if self._files is None:
            return  # told with the configuration
        yield from check_folder(self._config, self._files)
        if self._database is None:
            yield doubtful(
                "matomo.queuedtracking",
                "not looked at: the database with its settings is away",
                "see database.connection",
            )
            return
        yield from self._asked("matomo.queuedtracking", partial(check_plugin, self._config, self._files))
        yield from self._asked(
            "matomo.location_provider", partial(check_location_provider, self._config, self._files)
        )

    def _http(self) -> Iterator[Check]:
        yield from check_http(self._config.http, self._clock)

    def _console(self) -> Iterator[Check]:
        yield from check_console(self._config)

    def _asked(self, name: str, check: Callable[[Connection], Iterator[Check]]) -> Iterator[Check]:
        """Yield what a check finds in the database's tables, if those are there."""

        def look() -> Iterator[Check]:
            if self._database is not None:
                with reading(self._database) as connection:
                    yield from check(connection)

        yield from guarded(name, "see database.tables and database.rights", look)

    def _look_at_files(self) -> Iterator[Check]:
        yield from check_user(self._config, user=os.geteuid())
        yield from check_state(self._config)
        yield from check_secrets(self._given)
        yield from check_spool(self._config)
        yield from check_log(self._config)


def examine(config: Config, clock: Clock) -> Iterator[Check]:
    """Yield all checks."""
    for _, look in Examination(config, clock).groups():
        yield from look()


def _completed(config: Config, files: MatomoFiles) -> Config:
    """Return the configuration completed by Matomo's files, unknown plugins or not: they are a check of their own."""
    tolerated = (*config.matomo.allow_plugins, *tracker_plugins(files).unknown)
    matomo = config.matomo.model_copy(update={"allow_plugins": tolerated})
    completed = beside_matomo(config.model_copy(update={"matomo": matomo}))
    return completed.model_copy(update={"matomo": config.matomo})
