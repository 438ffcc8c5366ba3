"""A short notation for tables: columns in MariaDB's notation of types, indexes by their columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index, MetaData, Table, text
from sqlalchemy.sql.elements import quoted_name

from qtd.store.column_type import declare, parse_type


def table(name: str, metadata: MetaData, *parts: Column[Any] | Index) -> Table:
    """A table of InnoDB in utf8mb4, as Matomo's."""
    if metadata.info["dialect"] == "sqlite":  # there a database's indexes share one name space
        for part in parts:
            if isinstance(part, Index):
                part.name = quoted_name(f"{name}_{part.name}", quote=None)
    return Table(
        name,
        metadata,
        *parts,
        mysql_engine="InnoDB",
        mysql_default_charset="utf8mb4",
        sqlite_autoincrement=any(isinstance(part, Column) and part.autoincrement is True for part in parts),
    )


def column(
    name: str,
    notation: str,
    *,
    null: bool = False,
    default: str | None = None,
    primary_key: bool = False,
    any_case: bool = False,
) -> Column[Any]:
    """A column that may not be null unless it says so.

    `any_case`: equal on SQLite, too, whether upper or lower case, as by MariaDB's collation; for keys.
    """
    server_default: Any = default
    if default is not None and parse_type(notation).max_bytes is not None:
        server_default = text(f"('{default}')")  # a long text's default has to be an expression
    return Column(
        name,
        declare(notation, any_case=any_case),
        nullable=null,
        server_default=server_default,
        primary_key=primary_key,
        autoincrement=False,
    )


def counted(name: str, notation: str) -> Column[Any]:
    """A primary key that counts by itself; on SQLite it never gives a number twice either (AUTOINCREMENT)."""
    return Column(name, declare(notation, counted=True), primary_key=True, autoincrement=True)


def index(name: str, *columns: str) -> Index:
    """An index."""
    return Index(name, *columns)


def unique(name: str, *columns: str) -> Index:
    """An index that keeps what it covers unique."""
    return Index(name, *columns, unique=True)
