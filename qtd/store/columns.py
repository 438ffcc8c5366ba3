"""What the database's tables really have: their columns decide what is written, not our idea of them.

Plugins add columns, older versions of Matomo lack some. A column that is missing is left out; one that insists on a
value that we do not know is an error before anything is tracked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, text

from qtd.errors import SchemaError
from qtd.store.coerce import Coercer, coercer
from qtd.store.column_type import ColumnType, parse_type
from qtd.store.schema import matomo_tables


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredColumn:
    """A column of a real table."""

    name: str
    type: ColumnType
    nullable: bool = True
    #: what a row that does not name the column gets
    default: Any = None
    #: the database numbers the rows with it
    counted: bool = False
    #: the database gives it a value by itself: an expression, generated
    automatic: bool = False
    #: of text
    charset: str | None = None


@dataclass(frozen=True, kw_only=True)
class StoredTable:
    """A real table."""

    #: without prefix
    name: str
    #: with prefix, quoted
    sql: str
    columns: Mapping[str, StoredColumn]
    #: the auto-increment column, empty if there is none
    counted: str = ""
    coercers: Mapping[str, Coercer] = field(default_factory=dict)

    def cells(self, column: str, values: list[Any]) -> list[Any]:
        """What the column will hold for these values."""
        return self.coercers[column](values)


#: Tables whose rows are what tracking makes of requests.
LOGS = (
    "log_visit",
    "log_link_visit_action",
    "log_action",
    "log_conversion",
    "log_conversion_item",
    "tracking_failure",
)

#: Tables that a batch writes, apart from our own.
TRACKED = (*LOGS, "option", "site")


def read_tables(
    connection: Connection, prefix: str = "", names: Iterable[str] = TRACKED
) -> dict[str, StoredTable]:
    """Read the columns of tables (names without prefix).

    Raises:
        SchemaError: a table is missing.
    """
    wanted = tuple(names)
    read = _from_sqlite if connection.dialect.name == "sqlite" else _from_information_schema
    found = read(connection, [prefix + name for name in wanted])
    tables = {}
    for name in wanted:
        columns = found.get(prefix + name)
        if not columns:
            raise SchemaError(f"the table {prefix}{name} is not in the database")
        tables[name] = StoredTable(
            name=name,
            sql=f"`{prefix}{name}`",
            columns=columns,
            counted=next((c.name for c in columns.values() if c.counted), ""),
            coercers={c.name: coercer(c.type, charset=c.charset) for c in columns.values()},
        )
    return tables


def check_writable(tables: Mapping[str, StoredTable]) -> None:
    """Make sure that every row of the log tables can be written.

    Raises:
        SchemaError: a column without default may not be null, and we know nothing to write there.
    """
    known = matomo_tables("mysql").tables
    problems = [
        f"{table.sql.strip('`')}.{column.name}"
        for table in tables.values()
        if table.name.startswith("log_") or table.name == "tracking_failure"
        for column in table.columns.values()
        if column.name not in known[table.name].columns
        and not column.nullable
        and not (column.automatic or column.counted)
        and column.default is None
    ]
    if problems:
        raise SchemaError(
            "columns that need a value which qtd does not know (not null, no default): " + ", ".join(problems)
        )


_INFORMATION_SCHEMA = text(
    "SELECT table_name, column_name, column_type, is_nullable, column_default, extra, character_set_name"
    " FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN :names"
    " ORDER BY table_name, ordinal_position"
).bindparams(bindparam("names", expanding=True))


def _from_information_schema(connection: Connection, names: list[str]) -> dict[str, dict[str, StoredColumn]]:
    tables: dict[str, dict[str, StoredColumn]] = {}
    for table, name, kind, nullable, default, extra, charset in connection.execute(
        _INFORMATION_SCHEMA, {"names": names}
    ):
        parsed = parse_type(kind)
        value, expression = _default(default, parsed)
        tables.setdefault(table, {})[name] = StoredColumn(
            name=name,
            type=parsed,
            nullable=nullable == "YES",
            default=value,
            counted="auto_increment" in extra.lower(),
            automatic=expression or "GENERATED" in extra.upper(),
            charset=charset,
        )
    return tables


def _from_sqlite(connection: Connection, names: list[str]) -> dict[str, dict[str, StoredColumn]]:
    tables: dict[str, dict[str, StoredColumn]] = {}
    for table in names:
        for _, name, kind, not_null, default, key in connection.exec_driver_sql(
            f"PRAGMA table_info(`{table}`)"
        ):
            counted = bool(key) and kind == "INTEGER"
            parsed = parse_type("bigint(20) unsigned" if counted else kind)
            value, expression = _default(default, parsed)
            tables.setdefault(table, {})[name] = StoredColumn(
                name=name,
                type=parsed,
                nullable=not not_null,
                default=value,
                counted=counted,
                automatic=expression,
            )
    return tables


def _default(notation: str | None, kind: ColumnType) -> tuple[Any, bool]:
    """A column's default, from SQL (MariaDB, SQLite) or plain (MySQL), and whether it is an expression instead."""
    if notation is None or notation.upper() == "NULL":
        return None, False
    plain = notation.strip("()")
    plain = plain[1:-1].replace("''", "'") if plain[:1] == "'" and plain[-1:] == "'" else plain
    if kind.is_text or plain == "":
        return plain, False
    if plain[0] in "+-.0123456789":
        return coercer(kind)([plain])[0], False
    return None, True  # CURRENT_TIMESTAMP and the like
