"""Rows of a settings table as dictionaries; columns that an older Matomo lacks are simply not in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import Connection, text

Row: TypeAlias = Mapping[str, Any]


def read_rows(
    connection: Connection, table: str, where: str = "", values: Mapping[str, Any] | None = None
) -> list[Row]:
    """All rows of a table (name with prefix), or those that `where` says."""
    condition = f" WHERE {where}" if where else ""
    result = connection.execute(text(f"SELECT * FROM `{table}`{condition}"), values or {})
    return [dict(row) for row in result.mappings()]


def flag(value: Any) -> bool:
    """A column of 0 and 1."""
    return bool(int(value or 0))


def listed(text_value: str | None) -> tuple[str, ...]:
    """The parts between commas that are not empty, each once."""
    return tuple(dict.fromkeys(part for part in (text_value or "").split(",") if part))
