"""A database with all tables, first in SQLite, then in MariaDB."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from qtd.db.engine import open_engine
from qtd.store.create import create_tables
from qtd.store.recorder import Recorder
from tests.fake_clock import FakeClock

PREFIX = "m_"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Give a database with Matomo's tables and ours, all empty."""
    engine = open_engine(database_url)
    create_tables(engine, PREFIX)
    yield engine
    engine.dispose()


@pytest.fixture
def mariadb(mariadb_url: str) -> Iterator[Engine]:
    """Give the same in MariaDB only."""
    engine = open_engine(mariadb_url)
    create_tables(engine, PREFIX)
    yield engine
    engine.dispose()


@pytest.fixture
def recorder(engine: Engine) -> Recorder:
    """Give a recorder for it."""
    return Recorder(engine, PREFIX, clock=FakeClock())
