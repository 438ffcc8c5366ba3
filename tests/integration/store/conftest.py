"""A database with all tables, first in SQLite, then in MariaDB."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, inspect

from qtd.db.engine import open_engine
from qtd.db.transaction import writing
from qtd.store.create import create_tables
from qtd.store.recorder import Recorder
from tests.fake_clock import FakeClock
from tests.servers.mariadb import MariaDbServer

PREFIX = "m_"


@pytest.fixture(scope="session")
def tables_in_mariadb(mariadb_server: MariaDbServer) -> str:
    """Make the tables once, which takes MariaDB a second; return the database's URL."""
    url = mariadb_server.url(mariadb_server.create_schema())
    engine = open_engine(url)
    create_tables(engine, PREFIX)
    engine.dispose()
    return url


@pytest.fixture
def mariadb(tables_in_mariadb: str) -> Iterator[Engine]:
    """Give a database with Matomo's tables and ours, all empty, in MariaDB; who changes them takes `fresh`."""
    engine = open_engine(tables_in_mariadb)
    with writing(engine) as connection:
        for table in inspect(connection).get_table_names():
            if (
                table != f"{PREFIX}qtd_schema"
                and connection.exec_driver_sql(f"SELECT 1 FROM {table} LIMIT 1").first()
            ):
                connection.exec_driver_sql(f"TRUNCATE TABLE {table}")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "mariadb"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Give the same, first in SQLite, then in MariaDB."""
    if request.param == "mariadb":
        yield request.getfixturevalue("mariadb")
        return
    engine = open_engine(f"sqlite:///{request.getfixturevalue('tmp_path') / 'test.sqlite3'}")
    create_tables(engine, PREFIX)
    yield engine
    engine.dispose()


@pytest.fixture
def fresh(database_url: str) -> Iterator[Engine]:
    """Give one whose tables may be changed, first in SQLite, then in MariaDB."""
    engine = open_engine(database_url)
    create_tables(engine, PREFIX)
    yield engine
    engine.dispose()


@pytest.fixture
def recorder(engine: Engine) -> Recorder:
    """Give a recorder for `engine`."""
    return Recorder(engine, PREFIX, clock=FakeClock())
