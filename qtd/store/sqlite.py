"""Statements on SQLite: parameters and executemany, since nothing travels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from qtd.store.columns import StoredTable
from qtd.store.dialect import IDENTIFIER_WIDTH, expression


class Sqlite:
    """SQLite, which has one writer at a time: the transaction that asks has the write lock."""

    concurrent = False

    def literal(self, value: bytes | str | int) -> str:
        """A value as SQL."""
        if isinstance(value, bytes):
            return f"x'{value.hex()}'"
        if isinstance(value, str):
            # A NUL would end the statement.
            return "'" + value.replace("'", "''").replace("\0", "'||char(0)||'") + "'"
        return str(value)

    def seconds(self, column: str) -> str:
        """A moment as Unix seconds."""
        return f"CAST(strftime('%s', {column}) AS INTEGER)"

    def as_text(self, column: str) -> str:
        """Decimals and times are kept as text."""
        return column

    def sortable(self, moment: str, identifier: str) -> str:
        """Moment and identifier as text; moments are of the same length already."""
        return f"{moment}||printf('%0{IDENTIFIER_WIDTH}d',{identifier})"

    def run(self, connection: Connection, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement without parameters; returns its rows."""
        result = connection.exec_driver_sql(sql)
        return list(result) if result.returns_rows else []

    def read(
        self, connection: Connection, table: StoredTable, names: Sequence[str], where: str
    ) -> Iterable[tuple[Any, ...]]:
        """Read many rows."""
        listed = ",".join(expression(self, table, name) for name in names)
        return self.run(connection, f"SELECT {listed} FROM {table.sql} WHERE {where}")

    def insert(
        self,
        connection: Connection,
        table: StoredTable,
        names: Sequence[str],
        columns: Sequence[list[Any]],
        *,
        ignore: bool = False,
    ) -> list[int]:
        """Insert rows; nobody else writes meanwhile, so the identifiers are the last ones."""
        rows = list(zip(*columns, strict=True))
        if not rows:
            return []
        verb = "INSERT OR IGNORE" if ignore else "INSERT"
        listed = ",".join(f"`{name}`" for name in names)
        marks = ",".join("?" * len(names))
        connection.exec_driver_sql(f"{verb} INTO {table.sql} ({listed}) VALUES ({marks})", rows)
        if ignore or not table.counted:
            return []
        last = connection.exec_driver_sql("SELECT last_insert_rowid()").scalar_one()
        return list(range(last - len(rows) + 1, last + 1))

    def update(
        self,
        connection: Connection,
        table: StoredTable,
        keys: Sequence[str],
        names: Sequence[str],
        columns: Sequence[list[Any]],
    ) -> None:
        """Change rows one after the other with one compiled statement."""
        changes = ",".join(f"`{name}`=?" for name in names)
        which = " AND ".join(f"`{key}`=?" for key in keys)
        rows = list(zip(*columns[len(keys) :], *columns[: len(keys)], strict=True))
        if rows:
            connection.exec_driver_sql(f"UPDATE {table.sql} SET {changes} WHERE {which}", rows)
