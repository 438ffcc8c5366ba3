from __future__ import annotations

import sqlite3

import pymysql
import pytest
from sqlalchemy import exc

from qtd.db.errors import translate, translated
from qtd.errors import (
    ConfigurationError,
    DatabaseConflict,
    DatabaseRefused,
    DatabaseUnavailable,
    QtdError,
    SchemaError,
)


def mysql_error(
    number: int, text: str, kind: type[pymysql.MySQLError] = pymysql.OperationalError
) -> exc.DBAPIError:
    """Wrap a server's answer as SQLAlchemy does."""
    wrapped = exc.DBAPIError.instance("SELECT 1", {"ip": "198.51.100.7"}, kind(number, text), pymysql.Error)
    assert isinstance(wrapped, exc.DBAPIError)
    return wrapped


@pytest.mark.parametrize(
    ("number", "decision"),
    [
        (1213, DatabaseConflict),
        (1205, DatabaseConflict),
        (1020, DatabaseConflict),
        (2006, DatabaseUnavailable),
        (2013, DatabaseUnavailable),
        (2002, DatabaseUnavailable),
        (2003, DatabaseUnavailable),
        (1040, DatabaseUnavailable),
        (1053, DatabaseUnavailable),
        (1290, DatabaseUnavailable),
        (1927, DatabaseUnavailable),
        (1114, DatabaseUnavailable),
        (65000, DatabaseUnavailable),
        (1045, ConfigurationError),
        (1049, ConfigurationError),
        (1146, SchemaError),
        (1054, SchemaError),
        (1062, DatabaseRefused),
        (1406, DatabaseRefused),
        (1366, DatabaseRefused),
        (1048, DatabaseRefused),
        (1064, DatabaseRefused),
    ],
)
def test_a_servers_number_decides(number: int, decision: type[QtdError]) -> None:
    """What to do follows from the number, never from the words; an unknown one is never an entry's fault."""
    error = translate(mysql_error(number, "its words"))
    assert type(error) is decision
    assert f"{number}: its words" in str(error)


def test_an_error_of_the_driver_without_a_number_is_the_statements_fault() -> None:
    """PyMySQL could not even send it; sending it again will not help."""
    error = exc.DBAPIError.instance("X", {}, pymysql.ProgrammingError("not all arguments"), pymysql.Error)
    assert isinstance(error, exc.DBAPIError)
    assert type(translate(error)) is DatabaseRefused


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1062, "Duplicate entry '198.51.100.7' for key 'log_visit.visitor'"),
        (1062, "Duplicate entry 'it's 198.51.100.7' for key 'PRIMARY'"),
        (1366, "Incorrect string value: '198.51.100.7\\xF0' for column `m`.`t`.`name` at row 1"),
        (1292, "Incorrect datetime value: '198.51.100.7' for column `m`.`t`.`name` at row 1"),
    ],
)
def test_no_value_gets_into_a_message(number: int, text: str) -> None:
    """Servers quote what they refuse, and that is a visitor's data; the column or key stays to be seen."""
    message = str(translate(mysql_error(number, text, pymysql.DataError)))
    assert "198.51.100.7" not in message
    assert "for key" in message or "for column" in message


@pytest.mark.parametrize(
    ("code", "decision"),
    [
        (sqlite3.SQLITE_BUSY, DatabaseConflict),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, DatabaseConflict),
        (sqlite3.SQLITE_LOCKED, DatabaseConflict),
        (sqlite3.SQLITE_FULL, DatabaseUnavailable),
        (sqlite3.SQLITE_IOERR_FSYNC, DatabaseUnavailable),
        (sqlite3.SQLITE_CANTOPEN, DatabaseUnavailable),
        (sqlite3.SQLITE_READONLY, DatabaseUnavailable),
        (sqlite3.SQLITE_NOTADB, ConfigurationError),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, DatabaseRefused),
        (sqlite3.SQLITE_TOOBIG, DatabaseRefused),
    ],
)
def test_sqlites_result_code_decides(code: int, decision: type[QtdError]) -> None:
    """An extended code counts as its primary one."""
    original = sqlite3.OperationalError("its words")
    original.sqlite_errorcode = code
    error = exc.DBAPIError.instance("SELECT 1", {}, original, sqlite3.Error)
    assert isinstance(error, exc.DBAPIError)
    assert type(translate(error)) is decision


def test_a_pool_without_a_free_connection_is_no_bug() -> None:
    """All connections in use is over some time later."""
    with pytest.raises(DatabaseUnavailable), translated():
        raise exc.TimeoutError("QueuePool limit of size 5 overflow 10 reached")


def test_bugs_pass_unchanged() -> None:
    """Only the database's own errors are decisions."""
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError
