"""SQLite: a write-ahead log that survives a power cut, and writers that wait instead of failing."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

#: Execution option of a connection that only reads: its transactions begin without the write lock.
READ_ONLY_OPTION = "qtd_read_only"

_WAL: Final = "wal"


def prepare_sqlite(engine: Engine) -> None:
    """Set up every connection of `engine`, and how its transactions begin.

    - `journal_mode=WAL`: readers and the one writer do not wait for each other.
    - `synchronous=FULL`: in WAL mode the log is synced at each commit; NORMAL would lose commits in a power
      cut.
    - A transaction begins with BEGIN IMMEDIATE, so that a second writer waits (`busy_timeout`, the engine's
      `timeout`) at its beginning. With a deferred one it would read first and then fail at once, without
      waiting, because what it has read is no longer the newest (SQLITE_BUSY_SNAPSHOT).
    - sqlite3's own transaction control is off (`isolation_level=None`): it would begin some by itself,
      deferred.
    """

    @event.listens_for(engine, "connect")
    def _set_pragmas(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        try:
            _use_wal(cursor)
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA temp_store = MEMORY")
            cursor.execute("PRAGMA cache_size = -32000")  # KiB, the default is 2,000
        finally:
            cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY_OPTION, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _use_wal(cursor: Any) -> None:
    """Change the database's journal mode, which lasts; only the first of all connections has to.

    The change needs the file alone, and SQLite gives it up at once where somebody else is about it too: its busy
    timeout does not count here. So those who find another mode take turns, by a lock on the folder. A lock on the
    file itself would be no good, because closing it would take this process's SQLite locks away (POSIX).
    """
    if _mode(cursor) == _WAL:
        return
    path = cursor.execute("PRAGMA database_list").fetchone()[2]
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY)  # noqa: PTH120 - as SQLite names it
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if _mode(cursor) != _WAL:
            cursor.execute("PRAGMA journal_mode = WAL")
    finally:
        os.close(folder)


def _mode(cursor: Any) -> object:
    return cursor.execute("PRAGMA journal_mode").fetchone()[0]
