"""Queues in tables of a SQL database: SQLite for one host, MariaDB/MySQL for several."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock as Mutex
from typing import TYPE_CHECKING

from qtd.db.transaction import reading, writing
from qtd.errors import BrokerUnavailable, LockLost, QtdError, QueueChanged, QueuesRenumbered
from qtd.queue.contract import HeldLock, Lock, Numbering, QueueState
from qtd.queue.grouping import by_queue, check_queue
from qtd.queue.lock_token import new_token
from qtd.queue.sql_locks import SqlLocks
from qtd.queue.sql_numbering import SqlNumbering
from qtd.queue.sql_statements import SqlStatements
from qtd.queue.sql_tables import create_missing, queue_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Engine


class SqlQueues:
    """The contract (`qtd.queue.contract.Queues`) over the tables of `qtd.queue.sql_tables`.

    A pushed entry is committed: on SQLite synced, on MariaDB/MySQL as `innodb_flush_log_at_trx_commit` says.
    The tables are made with the first call that reaches the database. Closing also closes the engine.
    """

    def __init__(
        self, engine: Engine, *, count: int, prefix: str = "", token: Callable[[], str] = new_token
    ) -> None:
        self.count = count
        self._engine = engine
        self._prefix = prefix
        self._token = token
        self._tables = queue_tables(prefix)
        self._prepared = False
        self._preparing = Mutex()
        self._locks = SqlLocks(self._tables.head, engine.dialect.name)
        self._numbering = SqlNumbering(self._tables.number, engine.dialect.name)
        self._statements = SqlStatements(
            self._tables, engine.dialect.name, count=count, milliseconds_left=self._locks.milliseconds_left
        )

    def push(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """See `Queues.push`: one transaction, so all of them or none."""
        self._push(entries, in_force=False)

    def push_in_force(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """See `Queues.push_in_force`; all of them or none."""
        self._push(entries, in_force=True)

    def _push(self, entries: Sequence[tuple[int, bytes]], *, in_force: bool) -> None:
        groups = by_queue(entries, self.count)
        if not groups:
            return
        advance, select_ends = self._statements.advance(tuple(groups))
        with self._writing() as connection:
            if in_force:
                numbering = self._numbering.get(connection, keep=True)
                if numbering is None or numbering.count != self.count:
                    raise QueuesRenumbered(None if numbering is None else numbering.count, list(entries))
            connection.execute(advance, {f"n{queue}": len(group) for queue, group in groups.items()})
            ends = dict(connection.execute(select_ends).all())
            rows = [
                (queue, position, stored)
                for queue, group in groups.items()
                for position, stored in enumerate(group, ends[queue] - len(group) + 1)
            ]
            connection.exec_driver_sql(self._statements.insert, rows)

    def numbering(self) -> Numbering | None:
        """See `Queues.numbering`."""
        with self._reading() as connection:
            return self._numbering.get(connection)

    def adopt(self, numbering: Numbering) -> Numbering:
        """See `Queues.adopt`."""
        with self._writing() as connection:
            self._numbering.adopt(connection, numbering)
            return self._numbering.get(connection) or numbering

    def renumber(self, numbering: Numbering) -> None:
        """See `Queues.renumber`: returns when the pushes that have begun have ended."""
        with self._writing() as connection:
            self._numbering.put(connection, numbering)

    def used(self) -> list[int]:
        """See `Queues.used`."""
        with self._reading() as connection:
            return list(connection.scalars(self._statements.used))

    def with_count(self, count: int, token: Callable[[], str] | None = None) -> SqlQueues:
        """See `Queues.with_count`."""
        return SqlQueues(self._engine, count=count, prefix=self._prefix, token=token or self._token)

    def read(self, queue: int, limit: int) -> list[bytes]:
        """See `Queues.read`."""
        check_queue(queue, self.count)
        with self._reading() as connection:
            return list(connection.scalars(self._statements.read, {"q": queue, "n": max(limit, 0)}))

    def heads(self) -> list[bytes | None]:
        """See `Queues.heads`."""
        with self._reading() as connection:
            found: dict[int, bytes] = dict(connection.execute(self._statements.heads).all())
        return [found.get(queue) for queue in range(self.count)]

    def trim(self, lock: Lock, entries: Sequence[bytes]) -> None:
        """See `Queues.trim`; compares the last entry, whose position says which are before it."""
        check_queue(lock.queue, self.count)
        with self._writing() as connection:
            # Read before the lock is checked: if the lock is ours, nobody else has moved the head since, and
            # a tail that has grown meanwhile changes nothing for the entries that the caller has read.
            first = connection.execute(self._statements.head, {"q": lock.queue}).scalar_one()
            last = first + len(entries)
            if not self._locks.move_head(connection, lock, first, last):
                raise LockLost
            if not entries:
                return
            at_last = {"q": lock.queue, "last": last}
            if connection.scalar(self._statements.entry_at, at_last) != entries[-1]:
                raise QueueChanged
            if last > first + 1:
                connection.execute(self._statements.remove_before, {"first": first, **at_last})
            connection.execute(self._statements.remove_at, at_last)

    def prepend(self, lock: Lock, entries: Sequence[bytes]) -> None:
        """See `Queues.prepend`; positions may well be negative."""
        check_queue(lock.queue, self.count)
        with self._writing() as connection:
            head = connection.execute(self._statements.head, {"q": lock.queue}).scalar_one()
            first = head - len(entries)
            if not self._locks.move_head(connection, lock, head, first):
                raise LockLost
            rows = [(lock.queue, position, stored) for position, stored in enumerate(entries, first + 1)]
            if rows:
                connection.exec_driver_sql(self._statements.insert, rows)

    def lengths(self) -> list[int]:
        """See `Queues.lengths`."""
        with self._reading() as connection:
            return list(connection.scalars(self._statements.lengths))

    def acquire(self, queue: int, seconds: int) -> Lock | None:
        """See `Queues.acquire`."""
        check_queue(queue, self.count)
        lock = Lock(queue=queue, token=self._token())
        with self._writing() as connection:
            return lock if self._locks.acquire(connection, lock, seconds) else None

    def extend(self, lock: Lock, seconds: int) -> None:
        """See `Queues.extend`."""
        with self._writing() as connection:
            if not self._locks.extend(connection, lock, seconds):
                raise LockLost

    def release(self, lock: Lock) -> bool:
        """See `Queues.release`."""
        with self._writing() as connection:
            return self._locks.release(connection, lock)

    def states(self) -> list[QueueState]:
        """See `Queues.states`."""
        with self._reading() as connection:
            rows = connection.execute(self._statements.states).all()
        return [_state(*row) for row in rows]

    def locks(self) -> list[HeldLock]:
        """See `Queues.locks`."""
        with self._reading() as connection:
            rows = connection.execute(self._statements.held).all()
        return [
            HeldLock(queue=queue, token=token, seconds_left=milliseconds / 1000)
            for queue, token, milliseconds in rows
            if milliseconds > 0
        ]

    def ping(self) -> None:
        """See `Queues.ping`."""
        with self._reading() as connection:
            connection.execute(self._statements.head, {"q": 0})

    def close(self) -> None:
        """See `Queues.close`."""
        self._engine.dispose()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _as_broker():
            self._prepare()
            with writing(self._engine) as connection:
                yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _as_broker():
            self._prepare()
            with reading(self._engine) as connection:
                yield connection

    def _prepare(self) -> None:
        if self._prepared:
            return
        with self._preparing:
            if not self._prepared:
                with writing(self._engine) as connection:
                    create_missing(connection, self._tables, self.count)
                self._prepared = True


@contextmanager
def _as_broker() -> Iterator[None]:
    """Whatever is wrong with the database, to the queue's users it is the broker that is not there."""
    try:
        yield
    except (LockLost, QueueChanged, QueuesRenumbered, BrokerUnavailable):
        raise
    except QtdError as error:
        raise BrokerUnavailable(f"database: {error}") from error


def _state(queue: int, waiting: int, token: str | None, milliseconds: int) -> QueueState:
    if token is None or milliseconds <= 0:
        return QueueState(queue=queue, waiting=waiting, lock_holder=None, lock_seconds_left=None)
    return QueueState(queue=queue, waiting=waiting, lock_holder=token, lock_seconds_left=milliseconds / 1000)
