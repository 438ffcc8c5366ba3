"""The configuration as a whole: its sections, and what follows from several of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from qtd.config.batch import Batch
from qtd.config.console import Console
from qtd.config.database import Connection, Database
from qtd.config.http import Http
from qtd.config.ingest import Ingest
from qtd.config.keep import Keep
from qtd.config.log import Log
from qtd.config.matomo import Matomo
from qtd.config.queue import Queue
from qtd.config.redis import Redis
from qtd.config.section import ListOf, Section, contradiction
from qtd.config.site import Site
from qtd.config.spool import Spool
from qtd.config.values import PathValue
from qtd.config.workers import Workers

#: Where a system keeps the state of services.
SYSTEM_STATE_DIRECTORY = Path("/var/lib/qtd")


def default_state_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Return systemd's StateDirectory=, else the system's where it can be written to, else `var` here."""
    if given := environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])  # systemd.exec(5): several are separated by colons
    return SYSTEM_STATE_DIRECTORY if os.access(SYSTEM_STATE_DIRECTORY, os.W_OK) else Path("var").absolute()


def _state_directory(value: object) -> object:
    return default_state_directory() if value is None else value


class Config(Section):
    """The whole configuration."""

    redis: Redis = Redis()
    queue: Queue = Queue()
    database: Database = Database()
    batch: Batch = Batch()
    workers: Workers = Workers()
    keep: Keep = Keep()
    ingest: Ingest = Ingest()
    spool: Spool = Spool()
    engine: Literal["native", "http", "console"] = Field(
        "native",
        description="what records: native (qtd itself), http (a Matomo elsewhere) or console (the PHP plugin)",
    )
    http: Http = Http()
    console: Console = Console()
    matomo: Matomo = Matomo()
    sites: ListOf[Site] = Field((), description="sites to track where no Matomo says so; an entry's keys:")
    log: Log = Log()
    state_directory: Annotated[PathValue, BeforeValidator(_state_directory)] = Field(
        default_factory=default_state_directory,
        description="folder for what must outlive a restart; null: systemd's, else /var/lib/qtd, else ./var",
    )

    #: The file it was read from; None: the built-in defaults.
    _source: Path | None = PrivateAttr(None)

    @property
    def source(self) -> Path | None:
        """The file this was read from; None: these are the built-in defaults."""
        return self._source

    def read_from(self, source: Path | None) -> Self:
        """Return the same configuration, remembering where it comes from."""
        copy = self.model_copy()
        copy._source = source  # noqa: SLF001 - of the same class
        return copy

    @property
    def worker_count(self) -> int:
        """The most workers there are to be on a machine; each has its share of the queues."""
        return self.workers.count or self.workers.max or self.queue.count

    @property
    def batch_requests(self) -> int:
        """Most entries that a worker takes at once: with engine http what goes into one call, for it has no end."""
        if self.engine == "http":
            return min(self.batch.max_requests, self.http.max_requests)
        return self.batch.max_requests

    @property
    def least_workers(self) -> int:
        """How many workers there are to be when nothing waits: all, unless `workers.min` or `max` lets them vary."""
        if self.workers.min is None and self.workers.max is None:
            return self.worker_count
        return self.workers.min or 1

    @property
    def database_url(self) -> str:
        """URL of the tracker's database, without the password from `database.password`."""
        return self._url(self.database)

    @property
    def queue_database(self) -> Connection:
        """The database of the queues with backend sql."""
        return self.queue.database or self.database

    @property
    def queue_database_url(self) -> str:
        """URL of `queue_database`, without its `password`."""
        return self._url(self.queue_database)

    @property
    def spool_directory(self) -> Path | None:
        """The folder of the spool; None: there is to be none."""
        if self.spool.enabled is False or self.queue.backend == "memory":
            return None
        directory = (self.spool.directory or self.state_directory / "spool").absolute()
        if self.spool.enabled is None:
            there = next(folder for folder in (directory, *directory.parents) if folder.exists())
            return directory if os.access(there, os.W_OK) else None
        return directory

    def _url(self, database: Connection) -> str:
        if database.url is not None:
            return database.url.get_secret_value()
        return f"sqlite:///{self.state_directory.absolute() / 'qtd.sqlite3'}"

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        for name in ("count", "min", "max"):
            number = getattr(self.workers, name)
            if number is not None and number > self.queue.count:
                raise contradiction(
                    f"workers.{name}",
                    f"{number} is more than queue.count ({self.queue.count}); a queue has one worker at a time",
                )
        self._check_engine()
        if not self.queue.enabled and self.engine == "console":
            raise contradiction(
                "queue.enabled", "is false, but engine console takes requests from queues only"
            )
        if self.spool.enabled and self.queue.backend == "memory":
            raise contradiction("spool.enabled", "is true, but queue.backend is memory, which is never away")
        times = Counter(site.idsite for site in self.sites)
        if twice := [idsite for idsite, n in times.items() if n > 1]:
            raise contradiction("sites", f"idsite {twice[0]} is there more than once")
        return self

    def _check_engine(self) -> None:
        if self.engine == "http":
            if self.http.url is None:
                raise contradiction("http.url", "is required with engine http")
            if self.http.token is None and self.http.token_file is None:
                raise contradiction("http.token_file", "is required with engine http (or http.token)")
        if self.engine == "console":
            if self.matomo.path is None:
                raise contradiction(
                    "matomo.path", "is required with engine console: its console is what runs"
                )
            if self.queue.backend != "redis":
                raise contradiction(
                    "queue.backend", f"is {self.queue.backend}, but with engine console only redis is shared"
                )
            if self.queue.entry_form != "plugin":
                raise contradiction("queue.entries", f"is {self.queue.entry_form}, which PHP can not read")
