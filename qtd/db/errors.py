"""Errors of the databases become decisions of ours, here and nowhere else.

Sources: the MySQL and MariaDB error references (numbers), SQLite's result codes, PEP 249 for the classes.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import exc

from qtd.errors import (
    ConfigurationError,
    DatabaseConflict,
    DatabaseRefused,
    DatabaseUnavailable,
    QtdError,
    SchemaError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The server gave this transaction up in favour of another: record changed since the snapshot (MariaDB's
#: innodb_snapshot_isolation), lock wait timeout, deadlock, XA deadlock.
_CONFLICTS = frozenset({1020, 1205, 1213, 1614})

#: The statements do not fit the tables: unknown column, unknown table, column count.
_SCHEMA = frozenset({1051, 1054, 1136, 1146})

#: The server knows neither the account nor the database: nothing to wait for.
_ACCESS = frozenset({1044, 1045, 1049, 1142, 1143, 1227, 1251, 1698, 2059, 2061})

#: Neither the network nor the server's state is at fault but the statement's values: what repeating would
#: repeat. Null where none may be, unknown default, duplicates, out of range, too long, wrong for the type,
#: foreign keys, checks, packet too large.
_REFUSED = frozenset(
    {1048, 1062, 1064, 1153, 1169, 1216, 1217, 1264, 1265, 1292, 1364, 1366, 1406, 1411, 1451, 1452}
    | {1526, 1557, 1586, 1690, 1761, 3140, 3819, 4025, 4078}
)

#: What PyMySQL raises by itself, without a number of the server: the statement is at fault.
_WITHOUT_SERVER = (exc.DataError, exc.IntegrityError, exc.ProgrammingError, exc.NotSupportedError)

#: Values that a message quotes: a visitor's data must not reach a log by way of an error.
_QUOTED_VALUE = re.compile(
    r"(Duplicate entry|value:?) '.*?'(?= (?:for|in|at)\b|$)", re.IGNORECASE | re.DOTALL
)

_SQLITE_CONFLICTS = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE_REFUSED = frozenset(
    {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_TOOBIG}
)
_SQLITE_SCHEMA = ("no such table", "no such column", "has no column named")


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the database raises inside as one of `qtd.errors`; errors of the program pass unchanged.

    Raises:
        DatabaseConflict: deadlock, lock wait timeout, "database is locked": do the whole transaction again.
        DatabaseUnavailable: no connection, connection lost, read-only, full, shutting down: back off first.
            When it comes from a commit, whether the transaction took place is not known.
        DatabaseRefused: the values are at fault, repeating changes nothing: isolate the offender.
        SchemaError: the tables or columns are not there.
        ConfigurationError: account, password or database's name are wrong.
    """
    try:
        yield
    except (exc.DBAPIError, exc.TimeoutError) as error:
        raise translate(error) from error


def translate(error: exc.DBAPIError | exc.TimeoutError) -> QtdError:
    """Return what an error of SQLAlchemy means to us; its message quotes no values and no statement."""
    if isinstance(error, exc.TimeoutError):  # of the pool: every connection is in use
        return DatabaseUnavailable("no database connection became free in time")
    if isinstance(error.orig, sqlite3.Error):
        return _from_sqlite(error.orig)
    return _from_mysql(error)


def _from_mysql(error: exc.DBAPIError) -> QtdError:
    arguments = error.orig.args if error.orig is not None else ()
    number = arguments[0] if arguments and isinstance(arguments[0], int) else 0
    text = str(arguments[1]) if len(arguments) > 1 else type(error.orig).__name__
    text = _QUOTED_VALUE.sub(r"\1 (hidden)", text)
    message = f"{number}: {text}" if number else text
    if number in _CONFLICTS:
        return DatabaseConflict(message)
    if number in _ACCESS:
        return ConfigurationError(f"database: {message}")
    if number in _SCHEMA:
        return SchemaError(message)
    if number in _REFUSED or (not number and isinstance(error, _WITHOUT_SERVER)):
        return DatabaseRefused(message)
    # Whatever else a server says (2006, 2013, 1040, 1053, 1290, 1927, 1114, …) is about its own state. An
    # unknown number is taken for that, too: retried for ever and seen in the log, where the opposite mistake
    # would turn an outage into dead letters.
    return DatabaseUnavailable(message)


def _from_sqlite(error: sqlite3.Error) -> QtdError:
    text = str(error)
    code = getattr(error, "sqlite_errorcode", None)  # extended: the low byte is the primary result code
    primary = code & 0xFF if isinstance(code, int) else None
    if primary in _SQLITE_CONFLICTS:
        return DatabaseConflict(text)
    if text.startswith(_SQLITE_SCHEMA) or any(mark in text for mark in _SQLITE_SCHEMA):
        return SchemaError(text)
    if primary == sqlite3.SQLITE_NOTADB:
        return ConfigurationError(f"database: {text}")
    if primary in _SQLITE_REFUSED or isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
        return DatabaseRefused(text)
    if primary is None or primary in {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE}:
        return DatabaseRefused(text)  # a statement that SQLite can not run at all
    return DatabaseUnavailable(text)
