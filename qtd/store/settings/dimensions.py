"""Custom dimensions by site, from Matomo's `custom_dimensions` table."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import orjson
from sqlalchemy import Connection, inspect

from qtd.engine.site import CustomDimension, Extraction
from qtd.store.settings.read import Row, flag, read_rows


def read_dimensions(connection: Connection, prefix: str) -> dict[int, tuple[CustomDimension, ...]]:
    """The active dimensions in the order of their numbers; none where the plugin was never installed."""
    table = f"{prefix}custom_dimensions"
    if not inspect(connection).has_table(table):
        return {}
    dimensions: defaultdict[int, list[CustomDimension]] = defaultdict(list)
    for row in read_rows(connection, table, "active = 1 ORDER BY idsite, idcustomdimension"):
        dimensions[int(row["idsite"])].append(_dimension(row))
    return {idsite: tuple(some) for idsite, some in dimensions.items()}


def _dimension(row: Row) -> CustomDimension:
    return CustomDimension(
        idcustomdimension=int(row["idcustomdimension"]),
        index=int(row["index"]),
        scope=row["scope"],
        case_sensitive=flag(row.get("case_sensitive", 1)),
        extractions=_extractions(row["extractions"]),
    )


def _extractions(stored: str) -> tuple[Extraction, ...]:
    """A JSON list of objects; anything else is no extraction, as in Matomo."""
    try:
        parts: Any = orjson.loads(stored)
    except orjson.JSONDecodeError:
        return ()
    return tuple(
        Extraction(dimension=part["dimension"], pattern=part["pattern"])
        for part in (parts if isinstance(parts, list) else ())
        if isinstance(part, dict)
        and isinstance(part.get("dimension"), str)
        and isinstance(part.get("pattern"), str)
    )
