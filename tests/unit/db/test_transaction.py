from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from qtd.db.engine import Timeouts, open_engine
from qtd.db.transaction import reading, writing
from qtd.errors import DatabaseConflict, DatabaseRefused, DatabaseUnavailable, SchemaError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

IMPATIENT = Timeouts(lock=0)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Give an SQLite database with one table, on which nobody waits for a lock."""
    engine = open_engine(f"sqlite:///{tmp_path / 'test.sqlite3'}", timeouts=IMPATIENT)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER PRIMARY KEY)"))
    return engine


def numbers(engine: Engine) -> list[int]:
    """Read what is committed."""
    with reading(engine) as connection:
        return list(connection.scalars(text("SELECT n FROM t ORDER BY n")))


def test_commits_survive_a_power_cut(engine: Engine) -> None:
    """Write-ahead log, and synced at each commit (2 is FULL)."""
    with reading(engine) as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2


def test_an_error_takes_all_of_a_transaction_back(engine: Engine) -> None:
    """Rows, and tables too: sqlite3 by itself would have begun no transaction for them."""

    def create_and_insert_twice() -> None:
        with writing(engine) as connection:
            connection.execute(text("CREATE TABLE u (n INTEGER)"))
            connection.execute(text("INSERT INTO t VALUES (1)"))
            connection.execute(text("INSERT INTO t VALUES (1)"))

    with pytest.raises(DatabaseRefused, match="UNIQUE"):
        create_and_insert_twice()
    assert numbers(engine) == []
    with pytest.raises(SchemaError, match="no such table: u"), reading(engine) as connection:
        connection.execute(text("SELECT * FROM u"))


def test_the_second_writer_fails_at_its_beginning(engine: Engine) -> None:
    """Having waited in vain (here: no time at all) it has not done anything yet that would be in vain."""
    with writing(engine) as first:
        first.execute(text("INSERT INTO t VALUES (1)"))
        with pytest.raises(DatabaseConflict, match="locked"), writing(engine) as second:
            second.execute(text("SELECT 1"))
    assert numbers(engine) == [1]


def test_readers_and_the_writer_do_not_wait_for_each_other(engine: Engine) -> None:
    """A reader sees the state in which it began, while somebody writes and commits."""
    with reading(engine) as reader:
        assert reader.scalar(text("SELECT count(*) FROM t")) == 0
        with writing(engine) as writer:
            writer.execute(text("INSERT INTO t VALUES (1)"))
            assert numbers(engine) == []
        assert reader.scalar(text("SELECT count(*) FROM t")) == 0
    assert numbers(engine) == [1]


def test_reading_leaves_nothing_behind(engine: Engine) -> None:
    """What is written where one only reads is rolled back."""
    with reading(engine) as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
    assert numbers(engine) == []


def test_a_file_that_can_not_be_opened_is_an_outage(tmp_path: Path) -> None:
    """A folder that is not mounted yet, say."""
    engine = open_engine(f"sqlite:///{tmp_path / 'not' / 'there.sqlite3'}")
    with pytest.raises(DatabaseUnavailable, match="unable to open"), reading(engine) as connection:
        connection.execute(text("SELECT 1"))


def test_errors_do_not_quote_values(engine: Engine) -> None:
    """Neither the message nor the cause holds the parameters: they are visitors' data."""
    with pytest.raises(DatabaseRefused) as raised, writing(engine) as connection:
        connection.execute(text("INSERT INTO t VALUES (:n)"), {"n": "198.51.100.7"})
    assert "198.51.100.7" not in f"{raised.value} {raised.value.__cause__}"
