"""SQLite: a write-ahead log that survives a power cut, and writers that wait instead of failing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

#: Execution option of a connection that only reads: its transactions begin without the write lock.
READ_ONLY_OPTION = "qtd_read_only"


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
            # Changing the mode needs the file alone; it lasts, so ask before.
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA temp_store = MEMORY")
            cursor.execute("PRAGMA cache_size = -32000")  # KiB, the default is 2,000
        finally:
            cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY_OPTION, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
