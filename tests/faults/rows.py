"""What is in the database after a round, in the form in which parity compares rows, taken apart by visitor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from sqlalchemy import Engine, text

from qtd.db.transaction import reading, writing
from qtd.parity.canonical import canonical_rows
from qtd.store.columns import StoredTable
from qtd.store.recorder import dialect_of
from tests.faults.requests import number_of_action, number_of_conversion

Row: TypeAlias = "dict[str, Any]"
#: table -> rows
Tables: TypeAlias = "Mapping[str, list[Row]]"

#: The tables with rows of visitors. Names of actions stay: workers remember their numbers, and a batch that was
#: abandoned may leave some that nobody refers to.
VISITORS_TABLES: Final = ("log_visit", "log_link_visit_action", "log_conversion", "log_conversion_item")
_EMPTIED: Final = (*VISITORS_TABLES, "tracking_failure", "qtd_counter", "qtd_dead_letter")


def empty(engine: Engine) -> None:
    """Remove what rounds leave, but for the ledger."""
    with writing(engine) as connection:
        for table in _EMPTIED:
            connection.execute(text(f"DELETE FROM {table}"))


def rows_by_visitor(engine: Engine, tables: Mapping[str, StoredTable]) -> dict[str, Tables]:
    """All rows of each visitor, whose visits and actions are numbered from 1 as if there were nobody else."""
    with reading(engine) as connection:
        rows = canonical_rows(connection, tables, dialect_of(engine))
    visitors: dict[str, dict[str, list[Row]]] = defaultdict(lambda: {name: [] for name in VISITORS_TABLES})
    for name in VISITORS_TABLES:
        for row in rows[name]:
            visitors[row["idvisitor"]][name].append(row)
    for own in visitors.values():
        _number(own)
    return dict(visitors)


def _number(own: Mapping[str, list[Row]]) -> None:
    visits = _ranks(row["idvisit"] for row in own["log_visit"])
    links = _ranks(row["idlink_va"] for row in own["log_link_visit_action"])
    for rows in own.values():
        for row in rows:
            for column, value in row.items():
                if column == "idvisit":
                    row[column] = visits.get(value, f"somebody else's visit {value}")
                elif "idlink_va" in column and value:
                    row[column] = links.get(value, f"somebody else's action {value}")


def _ranks(numbers: Iterable[int]) -> dict[int, int]:
    return {number: rank for rank, number in enumerate(sorted(numbers), 1)}


def actions_of(own: Tables) -> list[int]:
    """The numbers of the requests that became actions, in the order in which they were recorded."""
    rows = sorted(own["log_link_visit_action"], key=lambda row: int(row["idlink_va"]))
    return [number_of_action(row) for row in rows]


def conversions_of(own: Tables) -> list[int]:
    """The numbers of the requests that became conversions."""
    return [number_of_conversion(row) for row in own["log_conversion"]]


def dead_letters(engine: Engine) -> list[bytes]:
    """The entries that were given up."""
    with reading(engine) as connection:
        return [bytes(entry) for entry in connection.scalars(text("SELECT entry FROM qtd_dead_letter"))]


def names_twice(engine: Engine) -> int:
    """How many actions have more than one row."""
    statement = "SELECT COUNT(*) FROM (SELECT 1 FROM log_action GROUP BY hash, type, name HAVING COUNT(*) > 1) AS twice"
    with reading(engine) as connection:
        return int(connection.scalar(text(statement)) or 0)
