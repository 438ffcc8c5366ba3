"""The queues in SQL tables: whether they can be used, and what waits in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, Engine, delete, insert, select

from qtd.db.errors import translated
from qtd.db.transaction import reading
from qtd.doctor.check import Check, fine, wrong
from qtd.doctor.waiting import check_waiting
from qtd.queue.contract import MOST_QUEUES, QueueState
from qtd.queue.sql_locks import SqlLocks
from qtd.queue.sql_tables import QueueTables, queue_tables

#: A queue that nobody has; its rows are never committed.
_NOBODYS = -1
_ENTRY = b"qtd test"


def check_sql_queue(
    engine: Engine, prefix: str, present: Collection[str], *, count: int, where: str
) -> Iterator[Check]:
    """Judge them; raises what `qtd.db.errors.translated` names."""
    tables = queue_tables(prefix)
    names = [table.name for table in (tables.entry, tables.tail, tables.head)]
    if missing := [name for name in names if name not in present]:
        found = f"not there yet: the first start makes {', '.join(missing)}"
        yield fine("queues.tables", found, where=where)
        return
    if _trial(engine, tables) == [_ENTRY]:
        yield fine("queues.operations", "push, read, remove: tried, and undone", where=where)
    else:
        yield wrong(
            "queues.operations",
            "what is read is not what was pushed",
            "see whether somebody has changed the tables",
            where=where,
        )
    with reading(engine) as connection:
        yield from check_waiting(_states(connection, tables), count=count)


def _trial(engine: Engine, tables: QueueTables) -> list[bytes]:
    """Push, read and remove an entry in a transaction that is rolled back; return what was read."""
    entry = tables.entry
    with translated(), engine.connect() as connection:
        for table, position in (
            (tables.tail, {"position": 1}),
            (tables.head, {"position": 0, "lock_expires": 0}),
        ):
            connection.execute(insert(table).values(queue=_NOBODYS, **position))
        connection.execute(insert(entry).values(queue=_NOBODYS, position=1, stored=_ENTRY))
        read = list(connection.scalars(select(entry.c.stored).where(entry.c.queue == _NOBODYS)))
        connection.execute(delete(entry).where(entry.c.queue == _NOBODYS))
        connection.rollback()
        return read


def _states(connection: Connection, tables: QueueTables) -> list[QueueState]:
    """Return the states of all queues that there may be; those without rows are empty."""
    head, tail = tables.head, tables.tail
    left = SqlLocks(head, connection.dialect.name).milliseconds_left
    statement = select(head.c.queue, tail.c.position - head.c.position, head.c.lock_token, left).join_from(
        head, tail, head.c.queue == tail.c.queue
    )
    rows = {queue: rest for queue, *rest in connection.execute(statement)}
    return [_state(queue, *rows.get(queue, (0, None, 0))) for queue in range(MOST_QUEUES)]


def _state(queue: int, waiting: int, token: str | None, milliseconds: int) -> QueueState:
    held = token is not None and milliseconds > 0
    return QueueState(
        queue=queue,
        waiting=waiting,
        lock_holder=token if held else None,
        lock_seconds_left=milliseconds / 1000 if held else None,
    )
