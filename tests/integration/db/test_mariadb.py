"""What only a real MariaDB can tell: its session, its conflicts, its losses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from qtd.db.engine import Timeouts, open_engine
from qtd.db.transaction import reading, writing
from qtd.errors import (
    ConfigurationError,
    DatabaseConflict,
    DatabaseRefused,
    DatabaseUnavailable,
    QtdError,
    SchemaError,
)
from tests.servers.mariadb import running_mariadb

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.servers.mariadb import MariaDbServer


@pytest.fixture
def engine(mariadb_url: str) -> Engine:
    """Give a database with one table of two rows."""
    engine = open_engine(mariadb_url, timeouts=Timeouts(lock=1, command=10))
    run(engine, "CREATE TABLE t (n INT PRIMARY KEY, name VARCHAR(5)) ENGINE=InnoDB")
    run(engine, "INSERT INTO t VALUES (1, 'one'), (2, 'two')")
    return engine


def run(engine: Engine, statement: str, **values: object) -> None:
    """Run one statement in a transaction of its own."""
    with writing(engine) as connection:
        connection.execute(text(statement), values)


def test_a_session_is_as_tracking_needs_it(engine: Engine) -> None:
    """Strict, in UTC, without gap locks, in four byte UTF-8, and never waiting for ever."""
    with reading(engine) as connection:
        row = connection.execute(
            text(
                "SELECT @@sql_mode, @@time_zone, @@tx_isolation, @@character_set_connection,"
                " @@innodb_lock_wait_timeout, @@lock_wait_timeout, @@idle_write_transaction_timeout"
            )
        ).one()
    assert set(row[0].split(",")) == {
        "STRICT_TRANS_TABLES",
        "NO_ENGINE_SUBSTITUTION",
        "NO_AUTO_VALUE_ON_ZERO",
    }
    assert tuple(row[1:]) == ("+00:00", "READ-COMMITTED", "utf8mb4", 1, 1, 20)


def test_an_update_counts_the_rows_it_found(engine: Engine) -> None:
    """Also those that had the value already, as in Matomo's tracker."""
    with writing(engine) as connection:
        assert connection.execute(text("UPDATE t SET name = 'one' WHERE n = 1")).rowcount == 1


def test_of_two_that_deadlock_one_is_told_to_do_it_again(engine: Engine) -> None:
    """The server gives one up (1213), the other goes through."""
    both = Barrier(2)

    def update(first: int, second: int) -> QtdError | None:
        try:
            with writing(engine) as connection:
                connection.execute(text("UPDATE t SET name = 'x' WHERE n = :n"), {"n": first})
                both.wait(10)
                connection.execute(text("UPDATE t SET name = 'x' WHERE n = :n"), {"n": second})
        except QtdError as error:
            return error
        return None

    with ThreadPoolExecutor(2) as threads:
        errors = [error for error in threads.map(update, (1, 2), (2, 1)) if error]
    assert [type(error) for error in errors] == [DatabaseConflict]
    assert "1213" in str(errors[0])


def test_waiting_for_a_row_ends(engine: Engine) -> None:
    """After the configured second the server says 1205, and the connection is good for another try."""
    with writing(engine) as holder:
        holder.execute(text("UPDATE t SET name = 'x' WHERE n = 1"))
        with pytest.raises(DatabaseConflict, match="1205"):
            run(engine, "UPDATE t SET name = 'y' WHERE n = 1")
    run(engine, "UPDATE t SET name = 'y' WHERE n = 1")


def test_who_falls_silent_in_a_transaction_keeps_no_rows(mariadb_url: str, engine: Engine) -> None:
    """A host that freezes or loses its power: the server waits for us twice as long as we for it, then rolls back."""
    patient = open_engine(mariadb_url, timeouts=Timeouts(lock=20, command=30))
    silent = open_engine(mariadb_url, timeouts=Timeouts(lock=1, command=1))

    def fall_silent() -> None:
        with writing(silent) as connection:
            connection.execute(text("UPDATE t SET name = 'x' WHERE n = 1"))
            run(patient, "UPDATE t SET name = 'y' WHERE n = 1")  # waits for the row

    with pytest.raises(DatabaseUnavailable):
        fall_silent()
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT name FROM t WHERE n = 1")) == "y"
    run(silent, "DELETE FROM t")  # by another connection


def test_a_killed_connection_is_an_outage_and_is_replaced(engine: Engine) -> None:
    """The transaction is lost, the next one gets a new connection."""
    with pytest.raises(DatabaseUnavailable), writing(engine) as connection:
        connection.execute(text("KILL CONNECTION_ID()"))
    run(engine, "DELETE FROM t")


@pytest.mark.parametrize(
    ("statement", "values", "decision", "says"),
    [
        ("INSERT INTO t VALUES (1, :name)", {"name": "x"}, DatabaseRefused, "1062: Duplicate entry"),
        ("INSERT INTO t VALUES (3, :name)", {"name": "too long"}, DatabaseRefused, "1406: .*'name'"),
        ("INSERT INTO t VALUES (:n, 'x')", {"n": 2**40}, DatabaseRefused, "1264: .*'n'"),
        ("INSERT INTO nowhere VALUES (:n)", {"n": 1}, SchemaError, "1146: .*nowhere"),
        ("SELECT nothing FROM t", {}, SchemaError, "1054: .*nothing"),
        ("SELEKT 1", {}, DatabaseRefused, "1064"),
    ],
)
def test_what_a_statement_is_refused_for(
    engine: Engine, statement: str, values: dict[str, object], decision: type[QtdError], says: str
) -> None:
    """Strict mode refuses what does not fit instead of storing something else, and names the column."""
    with pytest.raises(decision, match=says):
        run(engine, statement, **values)


def test_a_wrong_account_or_name_is_a_configuration_error(mariadb_server: MariaDbServer) -> None:
    """There is nothing to wait for, and the password is not in the text."""
    url = mariadb_server.url("not_there")
    with pytest.raises(ConfigurationError, match="1049"), reading(open_engine(url)) as connection:
        connection.execute(text("SELECT 1"))
    wrong = open_engine(url.replace("root@", "stranger@"), password="s3cret")
    with pytest.raises(ConfigurationError, match="1045") as raised, reading(wrong) as connection:
        connection.execute(text("SELECT 1"))
    assert "s3cret" not in str(raised.value)


def test_a_server_that_dies_hangs_and_comes_back() -> None:
    """Each is an outage within the timeouts, and afterwards the same engine works with what was committed."""
    with running_mariadb() as server:
        schema = server.create_schema()
        engine = open_engine(server.url(schema), timeouts=Timeouts(connect=1, command=1, lock=1))
        run(engine, "CREATE TABLE t (n INT PRIMARY KEY) ENGINE=InnoDB")
        run(engine, "INSERT INTO t VALUES (1)")
        server.kill()
        with pytest.raises(DatabaseUnavailable, match="2003"):
            run(engine, "INSERT INTO t VALUES (2)")
        server.start()
        run(engine, "INSERT INTO t VALUES (3)")
        server.freeze()
        with pytest.raises(DatabaseUnavailable):
            run(engine, "INSERT INTO t VALUES (4)")
        server.thaw()
        with reading(engine) as connection:
            assert list(connection.scalars(text("SELECT n FROM t WHERE n < 4 ORDER BY n"))) == [1, 3]
