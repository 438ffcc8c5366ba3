"""The tables of the SQL queues, and their making.

An entry's place is (queue, position). A pusher takes positions by raising the queue's tail, and holds that
row's lock until its commit: so positions become visible in their order and have no gaps, and the head may be
trimmed by counting. (With an auto-increment a lower number may commit later, behind the back of a reader that
has gone past it.) The head is a number, too: reading starts right there, not in front of the rows that were
removed but not yet purged; and it lies in a row of its own, so trimming and pushing do not wait for each
other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table, inspect, select
from sqlalchemy.schema import CreateTable

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LONGBLOB = 2**32 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueTables:
    """The tables, below an installation's prefix."""

    #: One row per waiting entry.
    entry: Table
    #: Per queue, the position of its last entry ever pushed.
    tail: Table
    #: Per queue, the position of the last entry removed, and the lock.
    head: Table
    #: One row: the number of queues in force.
    number: Table


def queue_tables(prefix: str = "") -> QueueTables:
    """Describe the tables as `<prefix>qtd_queue_…`."""
    metadata = MetaData()
    entry = Table(
        f"{prefix}qtd_queue_entry",
        metadata,
        Column("queue", Integer, primary_key=True, autoincrement=False),
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("stored", LargeBinary(_LONGBLOB), nullable=False),
        mysql_engine="InnoDB",
        sqlite_with_rowid=False,
    )
    tail = Table(
        f"{prefix}qtd_queue_tail",
        metadata,
        Column("queue", Integer, primary_key=True, autoincrement=False),
        Column("position", BigInteger, nullable=False),
        mysql_engine="InnoDB",
    )
    head = Table(
        f"{prefix}qtd_queue_head",
        metadata,
        Column("queue", Integer, primary_key=True, autoincrement=False),
        Column("position", BigInteger, nullable=False),
        Column("lock_token", String(32)),
        # Unix time in milliseconds by the database's clock; only means something with a token.
        Column("lock_expires", BigInteger, nullable=False),
        mysql_engine="InnoDB",
    )
    number = Table(
        f"{prefix}qtd_queue_number",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        # As `qtd.queue.contract.Numbering` is written.
        Column("numbering", String(20), nullable=False),
        mysql_engine="InnoDB",
    )
    return QueueTables(entry=entry, tail=tail, head=head, number=number)


def create_missing(connection: Connection, tables: QueueTables, count: int) -> None:
    """Create what is not there yet: tables, and the rows of queues 0 to `count` - 1.

    Several processes may do so at once. Where all is there already, nothing is written, so that an account
    without the right to create tables will do.
    """
    present = inspect(connection)
    for table in (tables.entry, tables.tail, tables.head, tables.number):
        if not present.has_table(table.name):
            connection.execute(CreateTable(table, if_not_exists=True))
    ignore = "IGNORE" if connection.dialect.name == "mysql" else "OR IGNORE"
    for table, values in ((tables.tail, {"position": 0}), (tables.head, {"position": 0, "lock_expires": 0})):
        known = set(connection.scalars(select(table.c.queue)))
        missing = [{"queue": queue, **values} for queue in range(count) if queue not in known]
        if missing:
            connection.execute(table.insert().prefix_with(ignore), missing)
