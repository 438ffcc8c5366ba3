"""The indexes that look-ups need, and those that keep a row from being there twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from qtd.doctor.check import Check, doubtful, fine, wrong


@dataclass(frozen=True, slots=True)
class Index:
    """An index that is there, or is needed."""

    columns: tuple[str, ...]
    #: whether no two rows may have the same values
    unique: bool = False

    def serves(self, needed: Index) -> bool:
        """Say whether what `needed` is needed for works with this one."""
        if needed.unique:
            return self.unique and sorted(self.columns) == sorted(needed.columns)
        return self.columns[: len(needed.columns)] == needed.columns

    def begins(self, needed: Index) -> bool:
        """Say whether it has only the first columns of a look-up, which is better than nothing."""
        return len(self.columns) > 1 and needed.columns[: len(self.columns)] == self.columns


#: As of Matomo 5.0, and what `qtd.store.lookup`, `actions` and `write` rely on.
NEEDED: Final[Mapping[str, Sequence[Index]]] = {
    "log_visit": (
        Index(("idvisit",), unique=True),
        Index(("idsite", "idvisitor", "visit_last_action_time")),
        Index(("idsite", "config_id", "visit_last_action_time")),
    ),
    "log_link_visit_action": (Index(("idlink_va",), unique=True), Index(("idvisit",))),
    "log_action": (Index(("idaction",), unique=True), Index(("type", "hash"))),
    "log_conversion": (
        Index(("idvisit", "idgoal", "buster"), unique=True),
        Index(("idsite", "idorder"), unique=True),
    ),
    "log_conversion_item": (Index(("idvisit", "idorder", "idaction_sku"), unique=True),),
    "option": (Index(("option_name",), unique=True),),
}


def check_indexes(
    group: str, connection: Connection, prefix: str, present: Collection[str], *, where: str
) -> Iterator[Check]:
    """Judge the indexes of the tables that are there."""
    name = f"{group}.indexes"
    tables = [table for table in NEEDED if prefix + table in present]
    missing: list[str] = []
    short: list[str] = []
    statements: list[str] = []
    for table in tables:
        there = indexes_of(connection, prefix + table)
        for needed in NEEDED[table]:
            if any(index.serves(needed) for index in there):
                continue
            listed = ", ".join(needed.columns)
            begun = not needed.unique and any(index.begins(needed) for index in there)
            (short if begun else missing).append(f"{prefix}{table} ({listed})")
            kind = "UNIQUE INDEX" if needed.unique else "INDEX"
            statements.append(f"ALTER TABLE {prefix}{table} ADD {kind} ({listed})")
    advice = "; ".join(statements)
    if missing:
        found = (
            f"missing: {', '.join(missing + short)}; batches would read whole tables, or rows be there twice"
        )
        yield wrong(name, found, advice, where=where)
    elif short:
        found = f"an index ends too early for look-ups to be quick: {', '.join(short)}"
        yield doubtful(name, found, advice, where=where)
    elif tables:
        yield fine(name, "all that look-ups need", where=where)


def indexes_of(connection: Connection, table: str) -> list[Index]:
    """Return a table's indexes, its primary key among them; one over parts of values is left out."""
    found = _of_sqlite if connection.dialect.name == "sqlite" else _of_mysql
    return list(found(connection, table))


def _of_mysql(connection: Connection, table: str) -> Iterator[Index]:
    rows = connection.execute(
        text(
            "SELECT index_name, non_unique, column_name, sub_part FROM information_schema.statistics"
            " WHERE table_schema = DATABASE() AND table_name = :table ORDER BY index_name, seq_in_index"
        ),
        {"table": table},
    )
    columns: dict[tuple[str, int], list[str]] = {}
    partial = set()
    for index, non_unique, column, sub_part in rows:
        columns.setdefault((index, non_unique), []).append(column or "")
        if sub_part is not None:
            partial.add(index)
    for (index, non_unique), names in columns.items():
        if index not in partial:
            yield Index(tuple(names), unique=not non_unique)


def _of_sqlite(connection: Connection, table: str) -> Iterator[Index]:
    rows = connection.exec_driver_sql(f"PRAGMA table_info(`{table}`)").all()
    if key := sorted((row.pk, row.name) for row in rows if row.pk):
        yield Index(tuple(column for _, column in key), unique=True)
    for index in connection.exec_driver_sql(f"PRAGMA index_list(`{table}`)").all():
        if index.partial:
            continue
        parts = connection.exec_driver_sql(f"PRAGMA index_info(`{index.name}`)").all()
        yield Index(tuple(part.name or "" for part in parts), unique=bool(index.unique))
