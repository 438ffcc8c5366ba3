"""The number of queues in force, in a row of its own: pushers share its lock, who changes it waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from qtd.queue.contract import Numbering

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table


class SqlNumbering:
    """The statements; each runs in the caller's transaction."""

    def __init__(self, number: Table, dialect: str) -> None:
        self._number = number
        self._select = select(number.c.numbering)
        # On SQLite a transaction that writes is alone anyway.
        self._share = self._select if dialect == "sqlite" else self._select.with_for_update(read=True)
        self._ignore = "OR IGNORE" if dialect == "sqlite" else "IGNORE"

    def get(self, connection: Connection, *, keep: bool = False) -> Numbering | None:
        """Return what is in force; with `keep` it stays so until the transaction ends. None: nobody has said."""
        value = connection.scalar(self._share if keep else self._select)
        return None if value is None else Numbering.parse(value)

    def adopt(self, connection: Connection, numbering: Numbering) -> None:
        """Put it into force unless there is one."""
        statement = self._number.insert().prefix_with(self._ignore)
        connection.execute(statement, {"id": 0, "numbering": str(numbering)})

    def put(self, connection: Connection, numbering: Numbering) -> None:
        """Put it into force."""
        self.adopt(connection, numbering)
        connection.execute(update(self._number).values(numbering=str(numbering)))
