"""One look at everything: queues, what was recorded, dead letters, memory, spool; what is away is noted as such."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine

from qtd.cli.broker import check_file, in_force
from qtd.cli.sqlite_file import missing_file
from qtd.clock import Clock
from qtd.config.root import Config
from qtd.errors import DatabaseUnavailable, QtdError, SchemaError
from qtd.ingest.spool.state import SpoolState, look
from qtd.log.redact import redact_text
from qtd.queue.contract import Queues
from qtd.queue.lag import Backlog, backlogs
from qtd.queue.open import open_queues, open_servers
from qtd.queue.redis_memory import ServerMemory, memory_of
from qtd.queue.redis_servers import Servers
from qtd.store.dead_letters import DeadLetters
from qtd.store.ledger_totals import QueueTotals, ledger_totals
from qtd.worker.assemble import open_database
from qtd.worker.servers import broker_of, database_of

_Found = TypeVar("_Found")


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """What the database knows."""

    #: of each queue that somebody has worked on
    totals: Mapping[int, QueueTotals]
    dead_letters: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How things stand at one moment. What is None could not be found out; `troubles` says why."""

    #: Unix seconds
    time: float
    #: seconds of the monotonic clock at which the queues were looked at
    moment: float
    #: by queue
    backlogs: tuple[Backlog, ...] | None
    recorded: Recorded | None
    #: of every Redis server that has queues; empty where there is none
    memory: tuple[ServerMemory, ...] | None
    #: null with `spool_known`: there never was one
    spool: SpoolState | None
    spool_known: bool
    #: to what number of queues a change is under way, or was interrupted; None: there is none, or nobody says
    target: int | None
    #: what does not answer, and why: `redis`, `database`, `memory`, `spool`; without secrets
    troubles: Mapping[str, str]

    @property
    def queues(self) -> int | None:
        """How many there are; None where nobody says."""
        return None if self.backlogs is None else len(self.backlogs)


class Looker:
    """Looks at the configured broker, database and spool; connections stay open between two looks."""

    def __init__(self, config: Config, clock: Clock) -> None:
        """Open, and connect to nothing yet."""
        self._config = config
        self._clock = clock
        self._queues: Queues = open_queues(config)
        self._servers: Servers | None = None
        if config.queue.backend == "redis":
            self._servers = open_servers(config.redis)
        self._engine: Engine = open_database(config)
        self._prefix = config.database.tables_prefix
        #: by the name and address for people
        self.broker = broker_of(config)
        self.database = database_of(self._engine)
        #: where the endpoint of this machine, if there is one, has its spool
        self.spool_directory: Path = config.spool.directory or config.state_directory / "spool"

    def look(self) -> Look:
        """Look; takes as long as the configured timeouts where something is away."""
        troubles: dict[str, str] = {}

        def found(name: str, find: Callable[[], _Found]) -> _Found | None:
            try:
                return find()
            except (QtdError, OSError) as error:
                troubles[name] = redact_text(str(error), addresses=False)
                return None

        now = self._clock.now()
        # Right before the queues, so that what both tell is of nearly the same moment.
        recorded = found("database", self._recorded)
        moment = self._clock.monotonic()
        target, waiting = found(self.broker.name, lambda: self._waiting(now)) or (None, None)
        memory = found("memory", self._memory) if waiting is not None else None
        spool = found("spool", lambda: look(self.spool_directory))
        return Look(
            time=now,
            moment=moment,
            backlogs=waiting,
            recorded=recorded,
            memory=memory,
            spool=spool,
            spool_known="spool" not in troubles,
            target=target,
            troubles=troubles,
        )

    def close(self) -> None:
        """Close all connections."""
        self._queues.close()
        if self._servers is not None:
            self._servers.close()
        self._engine.dispose()

    def _waiting(self, now: float) -> tuple[int | None, tuple[Backlog, ...]]:
        """Return to what number of queues a change is under way, and what waits in those that are in force."""
        check_file(self._config)
        numbering = self._queues.numbering()
        self._queues = in_force(self._queues, numbering)
        target = None if numbering is None else numbering.target
        return target, tuple(backlogs(self._queues, now))

    def _recorded(self) -> Recorded:
        if file := missing_file(self._engine.url):
            raise DatabaseUnavailable(f"there is no database {file}; qtd db upgrade makes it, so do workers")
        try:
            totals = ledger_totals(self._engine, self._prefix)
            return Recorded(totals=totals, dead_letters=DeadLetters(self._engine, self._prefix).count())
        except SchemaError as error:
            raise SchemaError(f"{error}; qtd db upgrade makes what is missing") from error

    def _memory(self) -> tuple[ServerMemory, ...]:
        return () if self._servers is None else tuple(memory_of(self._servers))
