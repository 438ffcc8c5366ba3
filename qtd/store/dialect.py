"""What the store asks of a database beyond standard SQL; MariaDB/MySQL and SQLite each answer in their own way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

from sqlalchemy import Connection

from qtd.store.columns import StoredTable

#: Digits of an identifier within `Dialect.sortable`.
IDENTIFIER_WIDTH: Final = 20


class Dialect(Protocol):
    """Statements that differ; values are as `StoredTable.cells` gives them."""

    #: whether several connections may write at once
    concurrent: bool

    def literal(self, value: bytes | str | int) -> str:
        """A value as SQL."""

    def seconds(self, column: str) -> str:
        """A moment as Unix seconds."""

    def as_text(self, column: str) -> str:
        """A decimal or a time as text."""

    def sortable(self, moment: str, identifier: str) -> str:
        """A text that sorts by moment, then identifier, and ends with the latter in `IDENTIFIER_WIDTH` digits."""

    def run(self, connection: Connection, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement without parameters; returns its rows."""

    def read(
        self, connection: Connection, table: StoredTable, names: Sequence[str], where: str
    ) -> Iterable[list[Any] | tuple[Any, ...]]:
        """Read many rows: moments as Unix seconds, exact numbers and times as text, binary as bytes."""

    def insert(
        self,
        connection: Connection,
        table: StoredTable,
        names: Sequence[str],
        columns: Sequence[list[Any]],
        *,
        ignore: bool = False,
    ) -> list[int]:
        """Insert rows, given column by column; returns the identifiers that an auto-increment column gave them.

        With `ignore`, rows that would be duplicates are left out, and no identifiers are returned.
        """

    def update(
        self,
        connection: Connection,
        table: StoredTable,
        keys: Sequence[str],
        names: Sequence[str],
        columns: Sequence[list[Any]],
    ) -> None:
        """Change rows; `columns` holds the values of `keys`, which say which row, then those of `names`."""


def expression(dialect: Dialect, table: StoredTable, column: str, alias: str = "") -> str:
    """A column as it is read: moments as Unix seconds, exact numbers and times as text."""
    kind = table.columns[column].type
    name = f"{alias}`{column}`"
    if kind.is_moment:
        return dialect.seconds(name)
    if kind.name in ("decimal", "time"):
        return dialect.as_text(name)
    return name
