"""The statements on the SQL queues' entries and positions, made once.

Those on locks and on the number of queues are in `sql_locks` and `sql_numbering`.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, and_, bindparam, case, delete, select, update
from sqlalchemy.dialects import mysql, sqlite

from qtd.queue.contract import MOST_QUEUES

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Dialect, Select, Table, Update

    from qtd.queue.sql_tables import QueueTables

#: The dialects, by name, with the drivers' placeholders for rows that are tuples (`%s`, `?`).
_POSITIONAL: dict[str, Dialect] = {
    "mysql": mysql.dialect(paramstyle="format"),
    "sqlite": sqlite.dialect(paramstyle="qmark"),
}


class SqlStatements:
    """The statements for `count` queues; `milliseconds_left` is a lock's, see `qtd.queue.sql_locks.SqlLocks`."""

    def __init__(
        self, tables: QueueTables, dialect: str, *, count: int, milliseconds_left: ColumnElement[int]
    ) -> None:
        entry, tail, head = tables.entry, tables.tail, tables.head
        ends = head.join(tail, head.c.queue == tail.c.queue)
        #: Those that raise the tails of a tuple of queues by `:n<queue>`, and read them.
        self.advance = lru_cache(maxsize=256)(partial(_advance, tail))  # building costs 0.3 ms
        #: As text, for rows `(queue, position, stored)` as tuples: a third of the time that SQLAlchemy needs for as
        #: many dictionaries.
        self.insert = str(entry.insert().compile(dialect=_POSITIONAL[dialect]))
        of_queue = entry.c.queue == bindparam("q")
        at_last = entry.c.position == bindparam("last")
        #: The position of the last entry that was removed from queue `:q`.
        self.head = select(head.c.position).where(head.c.queue == bindparam("q"))
        #: The first `:n` entries of queue `:q`.
        self.read = (
            select(entry.c.stored)
            .where(of_queue, entry.c.position > self.head.scalar_subquery())
            .order_by(entry.c.position)
            .limit(bindparam("n"))
        )
        #: The entry of queue `:q` at position `:last`.
        self.entry_at = select(entry.c.stored).where(of_queue, at_last)
        # A range that includes its end makes InnoDB wait for the lock of the entry behind it, which a pusher may
        # hold; so the last entry is removed on its own.
        #: Removes the entries of queue `:q` behind position `:first` and before `:last`.
        self.remove_before = delete(entry).where(
            of_queue, entry.c.position > bindparam("first"), entry.c.position < bindparam("last")
        )
        #: Removes the one at `:last`.
        self.remove_at = delete(entry).where(of_queue, at_last)
        #: How many entries each queue holds, by its number.
        self.lengths = (
            select(tail.c.position - head.c.position)
            .select_from(ends)
            .where(head.c.queue < count)
            .order_by(head.c.queue)
        )
        #: The queues that hold entries, also from `count` on.
        self.used = (
            select(head.c.queue)
            .select_from(ends)
            .where(tail.c.position > head.c.position, head.c.queue < MOST_QUEUES)
            .order_by(head.c.queue)
        )
        #: Queue, token, milliseconds left: locks, those that have expired included.
        self.held = (
            select(head.c.queue, head.c.lock_token, milliseconds_left)
            .where(head.c.lock_token.is_not(None), head.c.queue <= MOST_QUEUES)
            .order_by(head.c.queue)
        )
        #: Queue and entry: the first of each queue that holds any. Positions have no gaps, so it is the one after
        #: the head.
        self.heads = (
            select(head.c.queue, entry.c.stored)
            .select_from(
                head.join(entry, and_(entry.c.queue == head.c.queue, entry.c.position == head.c.position + 1))
            )
            .where(head.c.queue < count)
        )
        #: Queue, entries, token, milliseconds left.
        self.states = (
            select(head.c.queue, tail.c.position - head.c.position, head.c.lock_token, milliseconds_left)
            .select_from(ends)
            .where(head.c.queue < count)
            .order_by(head.c.queue)
        )


def _advance(tail: Table, queues: tuple[int, ...]) -> tuple[Update, Select[int, int]]:
    """Return the statement that raises the tails of `queues` by `:n<queue>`, and the one that reads them.

    One UPDATE for all of them locks their rows in the order of the key, as every other pusher does.
    """
    chosen = tail.c.queue.in_(queues)
    by = case({queue: bindparam(f"n{queue}", type_=BigInteger) for queue in queues}, value=tail.c.queue)
    return (
        update(tail).where(chosen).values(position=tail.c.position + by),
        select(tail.c.queue, tail.c.position).where(chosen),
    )
