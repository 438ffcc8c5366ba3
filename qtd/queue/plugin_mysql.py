"""What the plugin's MySQL backend has queued in Matomo's database: to be recorded, under the plugin's own locks.

    <prefix>queuedtracking_list_trackingQueueV1[_<n>]  one table per queue: idqueuelist (auto-increment), list_value
    <prefix>queuedtracking_queue                       locks: queue_key, queue_value (the holder's token), expiry_time
                                                       (Unix seconds by the database's clock, valid up to and including)

It is only emptied, never written to: an auto-increment shows entries in an order that may still change, when a lower
number is committed later. So what is removed is named by its numbers, after a comparison with what was recorded.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, inspect, text

from qtd.db.transaction import reading, writing
from qtd.errors import BrokerUnavailable, ConfigurationError, LockLost, QtdError, QueueChanged, SchemaError
from qtd.queue.contract import Lock
from qtd.queue.lock_token import new_token
from qtd.queue.redis_keys import list_key, lock_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Engine, TextClause

_VALID: Final = "UNIX_TIMESTAMP() <= expiry_time"


class PluginMysqlQueues:
    """The plugin's queues as a `qtd.queue.source.Source`; each call may raise BrokerUnavailable."""

    def __init__(self, engine: Engine, *, prefix: str, token: Callable[[], str] = new_token) -> None:
        """`engine` and `prefix` are those of Matomo's tables; it is not closed here.

        Raises:
            ConfigurationError: it is no MySQL or MariaDB.
        """
        if engine.dialect.name != "mysql":
            raise ConfigurationError(
                "database.url: the plugin's queues are in Matomo's MySQL or MariaDB, and this is neither"
            )
        self._engine = engine
        self._prefix = prefix
        self._token = token
        locks = self._locks = f"{prefix}queuedtracking_queue"
        ours = f"queue_key = :key AND queue_value = :token AND {_VALID}"
        self._forget = text(
            f"DELETE FROM `{locks}` WHERE queue_key = :key AND UNIX_TIMESTAMP() > expiry_time"
        )
        self._acquire = text(
            f"INSERT IGNORE INTO `{locks}` (queue_key, queue_value, expiry_time)"
            " VALUES (:key, :token, UNIX_TIMESTAMP() + :seconds)"
        )
        self._extend = text(f"UPDATE `{locks}` SET expiry_time = UNIX_TIMESTAMP() + :seconds WHERE {ours}")
        self._hold = text(f"SELECT 1 FROM `{locks}` WHERE {ours} FOR UPDATE")
        self._release = text(f"DELETE FROM `{locks}` WHERE {ours}")

    def ping(self) -> None:
        """Look for the tables.

        Raises:
            SchemaError: they are not there.
        """
        with self._reading() as connection:
            if not inspect(connection).has_table(self._locks):
                raise SchemaError(
                    f"there is no table {self._locks}: the plugin QueuedTracking was never installed in this database,"
                    " or database.tables_prefix is not Matomo's"
                )

    def lengths(self) -> list[int]:
        """Return how many entries each queue holds; there are as many as the plugin ever had, and used."""
        with self._reading() as connection:
            numbers = self._numbers(connection)
            lengths = [0] * (max(numbers, default=-1) + 1)
            for queue in numbers:
                lengths[queue] = connection.scalar(text(f"SELECT COUNT(*) FROM {self._list(queue)}")) or 0
            return lengths

    def read(self, queue: int, limit: int) -> list[bytes]:
        """Return up to `limit` entries from the queue's head, as they are stored."""
        with self._reading() as connection:
            return [value for _, value in self._head(connection, queue, limit)]

    def trim(self, lock: Lock, entries: Sequence[bytes]) -> None:
        """See `Queues.trim`: all in one transaction, under the lock's row."""
        if not entries:
            return
        with self._writing() as connection:
            if connection.execute(self._hold, _bound(lock)).first() is None:
                raise LockLost
            head = self._head(connection, lock.queue, len(entries))
            if [value for _, value in head] != list(entries):
                raise QueueChanged
            statement = text(f"DELETE FROM {self._list(lock.queue)} WHERE idqueuelist IN :numbers")
            numbers = [number for number, _ in head]
            removed = connection.execute(
                statement.bindparams(bindparam("numbers", expanding=True)), {"numbers": numbers}
            )
            if removed.rowcount != len(numbers):
                raise QueueChanged

    def acquire(self, queue: int, seconds: int) -> Lock | None:
        """See `Queues.acquire`: only one inserts a key; who finds an expired one removes it first, as the plugin."""
        lock = Lock(queue=queue, token=self._token())
        with self._writing() as connection:
            connection.execute(self._forget, {"key": lock_key(queue)})
            taken = connection.execute(self._acquire, {**_bound(lock), "seconds": seconds}).rowcount
        return lock if taken else None

    def extend(self, lock: Lock, seconds: int) -> None:
        """See `Queues.extend`."""
        if not self._changed(self._extend, {**_bound(lock), "seconds": seconds}):
            raise LockLost

    def release(self, lock: Lock) -> bool:
        """See `Queues.release`."""
        return self._changed(self._release, _bound(lock))

    def _changed(self, statement: TextClause, values: dict[str, str | int]) -> bool:
        with self._writing() as connection:
            return connection.execute(statement, values).rowcount == 1

    def _head(self, connection: Connection, queue: int, limit: int) -> list[tuple[int, bytes]]:
        if queue not in self._numbers(connection):
            return []
        statement = text(
            f"SELECT idqueuelist, list_value FROM {self._list(queue)} ORDER BY idqueuelist LIMIT :limit"
        )
        return [(number, value) for number, value in connection.execute(statement, {"limit": max(limit, 0)})]

    def _numbers(self, connection: Connection) -> list[int]:
        """The queues that have a table: the plugin makes one when it has the first entry for it."""
        pattern = re.compile(
            re.escape(f"{self._prefix}queuedtracking_list_{list_key(0)}") + r"(?:_([1-9]\d{0,3}))?"
        )
        matches = map(pattern.fullmatch, inspect(connection).get_table_names())
        return sorted(int(match[1] or 0) for match in matches if match)

    def _list(self, queue: int) -> str:
        return f"`{self._prefix}queuedtracking_list_{list_key(queue)}`"

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _as_broker(), reading(self._engine) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _as_broker(), writing(self._engine) as connection:
            yield connection


def _bound(lock: Lock) -> dict[str, str | int]:
    return {"key": lock_key(lock.queue), "token": lock.token}


@contextmanager
def _as_broker() -> Iterator[None]:
    """To who empties the queues, the database is their broker; only what waiting does not mend stays what it is."""
    try:
        yield
    except (LockLost, QueueChanged, BrokerUnavailable, ConfigurationError, SchemaError):
        raise
    except QtdError as error:
        raise BrokerUnavailable(f"database: {error}") from error
