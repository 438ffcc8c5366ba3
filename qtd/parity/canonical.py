"""Reads the tracked rows back in canonical form: identifiers made comparable, values as text where types differ."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from qtd.store.columns import StoredTable
from qtd.store.dialect import Dialect

#: The tables that are compared, and by what their rows are ordered.
COMPARED = {
    "log_visit": "idvisit",
    "log_link_visit_action": "idlink_va",
    "log_action": "idaction",
    "log_conversion": "idvisit",
    "log_conversion_item": "idvisit",
    "tracking_failure": "idsite",
}

_REPORT = re.compile(r"report_to_invalidate_\d+_\d{4}-\d\d-\d\d")

Row = dict[str, Any]


def canonical_rows(
    connection: Connection, tables: Mapping[str, StoredTable], dialect: Dialect
) -> dict[str, list[Any]]:
    """All tracked rows."""
    raw = {name: _read(connection, tables[name], dialect, order) for name, order in COMPARED.items()}
    visits = _numbered(row["idvisit"] for row in raw["log_visit"])
    links = _numbered(row["idlink_va"] for row in raw["log_link_visit_action"])
    actions = {
        row[
            "idaction"
        ]: f"{row['type']}|{'' if row['url_prefix'] is None else row['url_prefix']}|{row['name']}"
        for row in raw["log_action"]
    }
    rows: dict[str, list[Any]] = {
        name: [
            {column: _canonical(column, value, visits, links, actions) for column, value in row.items()}
            for row in some
        ]
        for name, some in raw.items()
    }
    for row in rows["log_action"]:
        del row["idaction"]
    names = dialect.run(connection, f"SELECT `option_name` FROM {tables['option'].sql}")
    rows["option"] = sorted({found.group() for (name,) in names if (found := _REPORT.search(name))})
    return rows


def _read(connection: Connection, table: StoredTable, dialect: Dialect, order: str) -> list[Row]:
    names = list(table.columns)
    listed = ",".join(
        dialect.as_text(f"`{name}`")
        if table.columns[name].type.name in ("decimal", "time", "datetime", "timestamp")
        else f"`{name}`"
        for name in names
    )
    rows = dialect.run(connection, f"SELECT {listed} FROM {table.sql} ORDER BY `{order}`")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _numbered(identifiers: Any) -> dict[int, int]:
    return {identifier: number for number, identifier in enumerate(identifiers, 1)}


def _canonical(
    column: str,
    value: Any,
    visits: Mapping[int, int],
    links: Mapping[int, int],
    actions: Mapping[int, str],
) -> Any:
    if column == "idvisit":
        return visits.get(value, f"unknown visit {value}")
    if "idlink_va" in column:
        return links.get(value, f"unknown action {value}") if value else value
    if "idaction" in column and column != "idaction":
        return actions.get(value, f"unknown name {value}") if value else value
    if isinstance(value, bytes):
        if column == "location_ip" and len(value) in (4, 16):
            return str(ipaddress.ip_address(value))
        return value.hex()
    return value
