"""The tables of the plugin's MySQL backend, filled and locked as PHP does, for tests of who shares them with it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine, text

from qtd.db.transaction import writing


class PluginTables:
    """The plugin beside us, in a database of Matomo's."""

    def __init__(self, engine: Engine, prefix: str = "") -> None:
        """Make the table of locks, as installing the plugin does."""
        self._engine = engine
        self._prefix = prefix
        self._run(
            f"CREATE TABLE {self._locks} (queue_key VARCHAR(70) NOT NULL, queue_value VARCHAR(255) NULL DEFAULT NULL,"
            " expiry_time BIGINT UNSIGNED DEFAULT 9999999999, PRIMARY KEY (queue_key)) DEFAULT CHARSET=utf8mb4"
        )

    @property
    def _locks(self) -> str:
        return f"{self._prefix}queuedtracking_queue"

    def list_of(self, queue: int) -> str:
        """The name of a queue's table."""
        return f"{self._prefix}queuedtracking_list_trackingQueueV1{f'_{queue}' if queue else ''}"

    def push(self, queue: int, entries: Sequence[bytes]) -> None:
        """Add entries, one statement each; the table is made with the first one."""
        self._run(
            f"CREATE TABLE IF NOT EXISTS {self.list_of(queue)} (idqueuelist BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,"
            " list_value LONGBLOB NOT NULL, PRIMARY KEY (idqueuelist)) ENGINE=InnoDB DEFAULT CHARSET=utf8"
        )
        for entry in entries:
            self._run(f"INSERT INTO {self.list_of(queue)} (list_value) VALUES (:entry)", entry=entry)

    def waiting(self, queue: int) -> list[bytes]:
        """The entries of a queue."""
        with writing(self._engine) as connection:
            statement = text(f"SELECT list_value FROM {self.list_of(queue)} ORDER BY idqueuelist")
            return list(connection.scalars(statement))

    def lock(self, queue: int, token: str, seconds: int) -> None:
        """Take a lock, which is free; it ends so many seconds from now, or has ended."""
        self._run(
            f"REPLACE INTO {self._locks} VALUES (:key, :token, UNIX_TIMESTAMP() + :seconds)",
            key=f"QueuedTrackingLock{queue}",
            token=token,
            seconds=seconds,
        )

    def holders(self) -> dict[str, str]:
        """The tokens of all locks that are valid, as the plugin sees them."""
        with writing(self._engine) as connection:
            rows = connection.execute(
                text(
                    f"SELECT queue_key, queue_value FROM {self._locks} WHERE UNIX_TIMESTAMP() <= expiry_time"
                )
            )
            return {str(row[0]): str(row[1]) for row in rows}

    def _run(self, statement: str, **values: object) -> None:
        with writing(self._engine) as connection:
            connection.execute(text(statement), values)
