"""The tracker's database, and that of the queues where they are in SQL."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, inspect

from qtd.clock import Clock
from qtd.config.database import Connection as DatabaseSection
from qtd.config.root import Config
from qtd.config.secret import revealed
from qtd.db.engine import Timeouts, open_engine
from qtd.db.transaction import reading
from qtd.doctor.check import Check, fine, guarded, wrong
from qtd.doctor.clock_skew import clock_skew
from qtd.doctor.database_facts import look_at_database
from qtd.doctor.database_rights import check_rights
from qtd.doctor.database_server import check_settings
from qtd.doctor.database_tables import check_shape, check_sites, check_tables
from qtd.doctor.sql_queue import check_sql_queue
from qtd.doctor.sqlite_file import check_file, check_sqlite
from qtd.errors import ConfigurationError, QtdError
from qtd.store.create import status
from qtd.worker.servers import database_of

_AWAY: Final = "is it running, and reachable from here under this address?"
_ACCESS: Final = "check database.url and database.password or password_file, and the grants of that account"
_LOST: Final = "see the server's log"


def open_database(url: str, section: DatabaseSection) -> Engine:
    """Return the engine as services open it; connects to nothing yet."""
    timeouts = Timeouts(
        connect=section.connect_timeout_seconds,
        command=section.command_timeout_seconds,
        lock=section.lock_timeout_seconds,
    )
    return open_engine(url, password=revealed(section.password), timeouts=timeouts)


def check_database(config: Config, engine: Engine, clock: Clock) -> Generator[Check, None, bool]:
    """Look at the tracker's database; return whether it can be asked at all."""
    group, where, prefix = "database", database_of(engine).address, config.database.tables_prefix
    if not (yield from _server(group, config, engine, clock)):
        return False
    present: frozenset[str] = frozenset()

    def tables() -> Iterator[Check]:
        nonlocal present
        present = _tables(engine)
        found = status(engine, prefix)
        beside = config.matomo.path is not None
        yield from check_tables(group, found, prefix, present, beside_matomo=beside, where=where)

    def shape() -> Iterator[Check]:
        with reading(engine) as connection:
            if engine.dialect.name == "mysql":
                yield from check_rights(group, connection, prefix, present, where=where)
            yield from check_shape(group, connection, prefix, present, where=where)
            if f"{prefix}site" in present:
                sites = [site.idsite for site in config.sites]
                yield from check_sites(connection, prefix, configured=sites, where=where)

    yield from guarded(f"{group}.tables", _LOST, tables, where=where)
    yield from guarded(f"{group}.tables", _LOST, shape, where=where)
    return True


def check_queue_database(config: Config, engine: Engine, clock: Clock, *, shared: bool) -> Iterator[Check]:
    """Look at the database of SQL queues; where it is `shared` with the tracker, only at the queues."""
    group, where, prefix = "queue_database", database_of(engine).address, config.database.tables_prefix
    if not shared and not (yield from _server(group, config, engine, clock)):
        return
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
        yield fine("queues.tables", "no file yet: the first start makes it", where=where)
        return

    def queues() -> Iterator[Check]:
        present = _tables(engine)
        if not shared and engine.dialect.name == "mysql":
            with reading(engine) as connection:
                yield from check_rights(group, connection, prefix, present, where=where)
                yield from check_shape(group, connection, prefix, present, where=where)
        yield from check_sql_queue(engine, prefix, present, count=config.queue.count, where=where)

    yield from guarded("queues.operations", _ACCESS, queues, where=where)


def _server(group: str, config: Config, engine: Engine, clock: Clock) -> Generator[Check, None, bool]:
    """Look at the server itself; return whether it lets us in."""
    where = database_of(engine).address
    if engine.dialect.name == "sqlite":
        path = Path(engine.url.database or "")
        yield from (missing := list(check_file(group, path)))
        if missing:
            return False
    try:
        with reading(engine) as connection:
            facts = None if engine.dialect.name == "sqlite" else look_at_database(connection, clock)
    except QtdError as error:
        advice = _ACCESS if isinstance(error, ConfigurationError) else _AWAY
        yield wrong(f"{group}.connection", str(error), advice, where=where)
        return False
    yield fine(f"{group}.connection", "lets us in", where=where)
    if facts is None:
        yield from guarded(f"{group}.version", _LOST, lambda: check_sqlite(group, engine, path), where=where)
    else:
        largest = config.ingest.max_body_bytes
        yield from check_settings(group, facts, largest=largest, where=where)
        yield clock_skew(
            group,
            ahead=facts.ahead,
            doubt=facts.doubt,
            why="locks of SQL queues end by its clock, requests are dated by ours",
            where=where,
        )
    return True


def _tables(engine: Engine) -> frozenset[str]:
    """Return the names of the tables there; raises what `qtd.db.transaction.reading` names."""
    with reading(engine) as connection:
        return frozenset(inspect(connection).get_table_names())
