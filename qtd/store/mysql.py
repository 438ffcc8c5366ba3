"""Statements on MariaDB/MySQL: many rows each, with values written into them column by column.

A driver that is given parameters escapes them cell by cell; here the type of a whole column is known, which is
several times faster. Values are numbers, hexadecimal bytes, or text through the driver's own escaping.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from pymysql.converters import escape_string
from sqlalchemy import Connection

from qtd.store.column_type import ColumnType
from qtd.store.columns import StoredTable
from qtd.store.dialect import IDENTIFIER_WIDTH, expression

#: Characters of rows per statement: below MariaDB's and MySQL's least max_allowed_packet that is in use (1 MiB
#: in old versions, 4 bytes a character) wherever rows are of ordinary size.
_MAX_CHARACTERS = 2**18

#: Rows per statement; more gain nothing.
_MAX_ROWS = 500

_RAW = {"no_parameters": True}


class Mysql:
    """MariaDB and MySQL with InnoDB."""

    concurrent = True

    def literal(self, value: bytes | str | int) -> str:
        """A value as SQL."""
        if isinstance(value, bytes):
            return f"x'{value.hex()}'"
        if isinstance(value, str):
            return f"'{escape_string(value)}'"
        return str(value)

    def seconds(self, column: str) -> str:
        """A moment as Unix seconds; unlike UNIX_TIMESTAMP() beyond 2038 as well."""
        return f"TIMESTAMPDIFF(SECOND,'1970-01-01',{column})"

    def as_text(self, column: str) -> str:
        """A decimal or a time as text."""
        return f"CAST({column} AS CHAR)"

    def sortable(self, moment: str, identifier: str) -> str:
        """Moment and identifier as text; moments are of the same length already."""
        return f"CONCAT({moment},LPAD({identifier},{IDENTIFIER_WIDTH},'0'))"

    def run(self, connection: Connection, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement without parameters; returns its rows."""
        result = connection.exec_driver_sql(sql, execution_options=_RAW)
        return list(result) if result.returns_rows else []

    def read(
        self, connection: Connection, table: StoredTable, names: Sequence[str], where: str
    ) -> Iterable[list[Any]]:
        """Read many rows, each as a JSON array, which halves the cost.

        The driver needs a microsecond and more for each cell, 13 ms for 500 visits; one of a whole row takes the
        server 3 ms more and us 9 ms less. Binary columns are hexadecimal meanwhile.
        """
        binary = [number for number, name in enumerate(names) if table.columns[name].type.is_binary]
        parts = (expression(self, table, name) for name in names)
        listed = ",".join(f"HEX({part})" if number in binary else part for number, part in enumerate(parts))
        for (array,) in self.run(connection, f"SELECT JSON_ARRAY({listed}) FROM {table.sql} WHERE {where}"):
            row = orjson.loads(array)
            for number in binary:
                row[number] = None if row[number] is None else bytes.fromhex(row[number])
            yield row

    def insert(
        self,
        connection: Connection,
        table: StoredTable,
        names: Sequence[str],
        columns: Sequence[list[Any]],
        *,
        ignore: bool = False,
    ) -> list[int]:
        """Insert rows.

        A statement's rows get identifiers one after the other (a "simple insert" in every
        innodb_autoinc_lock_mode), `auto_increment_increment` apart, and the driver tells the first.
        """
        verb = "INSERT IGNORE" if ignore else "INSERT"
        head = f"{verb} INTO {table.sql} ({','.join(f'`{name}`' for name in names)}) VALUES "
        counted = table.counted and not ignore
        identifiers: list[int] = []
        for chunk in _chunks(_rows(table, names, columns)):
            result = connection.exec_driver_sql(head + ",".join(chunk), execution_options=_RAW)
            if counted:
                first, step = result.lastrowid, _step(connection)
                identifiers += range(first, first + len(chunk) * step, step)
        return identifiers

    def update(
        self,
        connection: Connection,
        table: StoredTable,
        keys: Sequence[str],
        names: Sequence[str],
        columns: Sequence[list[Any]],
    ) -> None:
        """Change rows by joining the table with the new values."""
        on = " AND ".join(f"t.`{key}`=n.k{number}" for number, key in enumerate(keys))
        changes = ",".join(f"t.`{name}`=n.c{number}" for number, name in enumerate(names))
        aliases = [f"k{number}" for number in range(len(keys))] + [
            f"c{number}" for number in range(len(names))
        ]
        literals = [
            _literals(table.columns[name].type, column)
            for name, column in zip((*keys, *names), columns, strict=True)
        ]
        names_of_columns = [f"NULL {alias}" for alias in aliases]
        # The first part of a union names the columns; it is a row of nulls that matches nothing, so that all
        # the others are alike.
        head = f"UPDATE {table.sql} t JOIN (SELECT {','.join(names_of_columns)}"
        for chunk in _chunks(",".join(row) for row in zip(*literals, strict=True)):
            new = " UNION ALL SELECT ".join(("", *chunk))
            connection.exec_driver_sql(f"{head}{new}) n ON {on} SET {changes}", execution_options=_RAW)


def _rows(table: StoredTable, names: Sequence[str], columns: Sequence[list[Any]]) -> Iterator[str]:
    literals = [
        _literals(table.columns[name].type, column) for name, column in zip(names, columns, strict=True)
    ]
    return (f"({','.join(row)})" for row in zip(*literals, strict=True))


def _literals(kind: ColumnType, values: list[Any]) -> list[str]:
    """A column's values as SQL."""
    if kind.is_integer:
        return ["NULL" if value is None else str(value) for value in values]
    if kind.is_binary:
        return ["NULL" if value is None else f"x'{value.hex()}'" for value in values]
    if kind.name in ("double", "float"):
        return ["NULL" if value is None else _float(value) for value in values]
    return ["NULL" if value is None else f"'{escape_string(value)}'" for value in values]


def _float(value: float) -> str:
    text = repr(value)
    return text if "e" in text else text + "e0"  # without exponent it would be an exact number


def _chunks(rows: Iterator[str]) -> Iterator[list[str]]:
    """Put rows together to statements of limited size; a single row may be longer."""
    chunk: list[str] = []
    characters = 0
    for row in rows:
        if chunk and (len(chunk) == _MAX_ROWS or characters + len(row) > _MAX_CHARACTERS):
            yield chunk
            chunk, characters = [], 0
        chunk.append(row)
        characters += len(row)
    if chunk:
        yield chunk


def _step(connection: Connection) -> int:
    """The session's auto_increment_increment; more than 1 in clusters with several writers."""
    known: dict[str, int] = connection.info  # of the connection to the server, so asked once each
    if "auto_increment_increment" not in known:
        known["auto_increment_increment"] = connection.exec_driver_sql(
            "SELECT @@SESSION.auto_increment_increment"
        ).scalar_one()
    return known["auto_increment_increment"]
