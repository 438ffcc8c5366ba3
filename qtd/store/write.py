"""Writes a batch's plan with a few statements, each for many rows.

Visits come first, because the other rows carry their identifiers; then actions, then what refers to those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from qtd.engine.action import ActionName
from qtd.engine.plan import LinkAction, Plan
from qtd.engine.visit import Visit
from qtd.store.columns import StoredTable
from qtd.store.dialect import Dialect


class PlanWriter:
    """Writes plans into the log tables."""

    def __init__(self, tables: Mapping[str, StoredTable], dialect: Dialect) -> None:
        self._tables = tables
        self._dialect = dialect

    def write(self, connection: Connection, plan: Plan, actions: Mapping[ActionName, int]) -> None:
        """Write the rows of the log tables; afterwards visits and actions of the plan know their identifiers."""
        visits = plan.new_visits
        waiting = [(visit, _waiting_columns(visit.row)) for visit in visits]
        rows = [
            {name: None if name in later else value for name, value in visit.row.items()}
            if later
            else visit.row
            for visit, later in waiting
        ]
        for visit, identifier in zip(
            visits, self._insert(connection, "log_visit", rows, actions), strict=True
        ):
            visit.idvisit = identifier
        identifiers = self._insert(
            connection, "log_link_visit_action", [action.row for action in plan.link_actions], actions
        )
        for action, identifier in zip(plan.link_actions, identifiers, strict=True):
            action.idlink_va = identifier
        changed = [(visit, frozenset(columns)) for visit, columns in waiting if columns]
        changed += [
            (visit, frozenset(visit.changed)) for visit in plan.changed_visits.values() if visit.changed
        ]
        self._update_visits(connection, changed, actions)
        # before the new rows: a stored cart that became an order gives its key back
        self._update(connection, plan.updates, actions)
        self._insert(connection, "log_conversion", plan.conversions, actions, ignore=True)
        self._insert(connection, "log_conversion_item", plan.items, actions, ignore=True)

    def _insert(
        self,
        connection: Connection,
        name: str,
        rows: Sequence[Mapping[str, Any]],
        actions: Mapping[ActionName, int],
        *,
        ignore: bool = False,
    ) -> list[int]:
        """Insert rows with all columns that any of them has and the table knows; the others keep their defaults."""
        if not rows:
            return []
        table = self._tables[name]
        named = dict.fromkeys(column for row in rows for column in row)
        names = [column for column in named if column in table.columns]
        columns = []
        for column in names:
            default = table.columns[column].default
            values = _resolved(column, [row.get(column, default) for row in rows], actions)
            columns.append(table.cells(column, values))
        return self._dialect.insert(connection, table, names, columns, ignore=ignore)

    def _update_visits(
        self,
        connection: Connection,
        changed: Iterable[tuple[Visit, frozenset[str]]],
        actions: Mapping[ActionName, int],
    ) -> None:
        """One statement for the visits in which the same columns changed."""
        table = self._tables["log_visit"]
        groups: dict[frozenset[str], list[Visit]] = {}
        for visit, columns in changed:
            groups.setdefault(columns, []).append(visit)
        for group, visits in groups.items():
            names = [name for name in sorted(group) if name in table.columns]
            if not names:
                continue
            visits.sort(key=_idvisit)  # everybody locks rows in the same order
            identifiers: list[Any] = [visit.idvisit for visit in visits]
            cells = [identifiers]
            for name in names:
                values = _resolved(name, [visit.row[name] for visit in visits], actions)
                cells.append(table.cells(name, values))
            self._dialect.update(connection, table, ["idvisit"], names, cells)

    def _update(
        self,
        connection: Connection,
        updates: Iterable[tuple[str, dict[str, Any], dict[str, Any]]],
        actions: Mapping[ActionName, int],
    ) -> None:
        """Consecutive changes of the same columns are one statement."""
        group: list[tuple[dict[str, Any], dict[str, Any]]] = []
        shape: tuple[str, tuple[str, ...], tuple[str, ...]] | None = None
        for name, keys, changes in updates:
            wanted = (name, tuple(keys), tuple(changes))
            if shape is not None and wanted != shape:
                self._update_group(connection, shape, group, actions)
                group = []
            shape = wanted
            group.append((keys, changes))
        if shape is not None:
            self._update_group(connection, shape, group, actions)

    def _update_group(
        self,
        connection: Connection,
        shape: tuple[str, tuple[str, ...], tuple[str, ...]],
        group: Sequence[tuple[dict[str, Any], dict[str, Any]]],
        actions: Mapping[ActionName, int],
    ) -> None:
        table = self._tables[shape[0]]
        keys = list(shape[1])
        names = [name for name in shape[2] if name in table.columns]
        if not names:
            return
        columns = [
            table.cells(name, _resolved(name, [part[name] for part in parts], actions))
            for parts, some in (
                ([keys for keys, _ in group], keys),
                ([changes for _, changes in group], names),
            )
            for name in some
        ]
        self._dialect.update(connection, table, keys, names, columns)


def _idvisit(visit: Visit) -> int:
    return visit.idvisit or 0


def _waiting_columns(row: Mapping[str, Any]) -> list[str]:
    """The columns of a new visit that refer to an action, which is inserted after it."""
    if type(row.get("last_idlink_va")) is LinkAction:
        return ["last_idlink_va"]
    return []


def _resolved(column: str, values: list[Any], actions: Mapping[ActionName, int]) -> list[Any]:
    """The column's values with references replaced by identifiers."""
    if "idaction" in column:
        return [actions[value] if type(value) is tuple else value for value in values]
    if column == "idvisit":
        return [value.idvisit if type(value) is Visit else value for value in values]
    if "idlink_va" in column:
        return [value.idlink_va if type(value) is LinkAction else value for value in values]
    return values
