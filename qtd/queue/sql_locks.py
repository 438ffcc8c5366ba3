"""The locks of the SQL queues: conditional updates of a queue's head row, by the database's own clock.

The database decides, not this host: workers on several hosts need not agree on the time. Each statement's row
lock lasts until the commit, so nobody takes a queue between a check and what is done in the same transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, bindparam, literal_column, or_, update

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Executable, Table

    from qtd.queue.contract import Lock

#: Unix time in milliseconds, by dialect. SQLite's Julian days are exact to the millisecond; day 2440587.5 is
#: 1970. NOW(6) is when the statement began: if it has waited for a row since, a lock can only be shorter for
#: it.
_NOW = {
    "mysql": "CAST(UNIX_TIMESTAMP(NOW(6)) * 1000 AS SIGNED)",
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
}


class SqlLocks:
    """The statements; each runs in the caller's transaction and returns whether its condition held."""

    def __init__(self, head: Table, dialect: str) -> None:
        now: ColumnElement[int] = literal_column(_NOW[dialect], BigInteger)
        #: For SELECT: until the lock expires; zero or less when it has.
        self.milliseconds_left = head.c.lock_expires - now
        row = head.c.queue == bindparam("q")
        ours = (head.c.lock_token == bindparam("token"), head.c.lock_expires > now)
        expires = now + bindparam("ms", type_=BigInteger)
        free = or_(head.c.lock_token.is_(None), head.c.lock_expires <= now)
        take = {"lock_token": bindparam("token"), "lock_expires": expires}
        self._acquire = update(head).where(row, free).values(take)
        self._extend = update(head).where(row, *ours).values(lock_expires=expires)
        self._release = update(head).where(row, *ours).values(lock_token=None, lock_expires=0)
        self._move_head = (
            update(head)
            .where(row, *ours, head.c.position == bindparam("first"))
            .values(position=bindparam("last"))
        )

    def acquire(self, connection: Connection, lock: Lock, seconds: int) -> bool:
        """Make `lock` the holder if nobody is."""
        return _changed(connection, self._acquire, lock, ms=seconds * 1000)

    def extend(self, connection: Connection, lock: Lock, seconds: int) -> bool:
        """Let it expire `seconds` from now, if it is the holder."""
        return _changed(connection, self._extend, lock, ms=seconds * 1000)

    def release(self, connection: Connection, lock: Lock) -> bool:
        """Free the queue, if it is the holder."""
        return _changed(connection, self._release, lock)

    def move_head(self, connection: Connection, lock: Lock, first: int, last: int) -> bool:
        """Move the head from position `first` to `last`, if it is the holder and the head is still there."""
        return _changed(connection, self._move_head, lock, first=first, last=last)


def _changed(connection: Connection, statement: Executable, lock: Lock, **values: int) -> bool:
    return connection.execute(statement, {"q": lock.queue, "token": lock.token, **values}).rowcount == 1
