"""What a batch is going to write, planned in memory: rows whose references are resolved on writing.

A cell may hold a `Visit` (its idvisit), a `LinkAction` (its idlink_va) or an `ActionName` (its idaction).
Everything a hit changes goes through the plan, so that an invalid one can be undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from qtd.engine.action import Action, ActionName
from qtd.engine.visit import Visit
from qtd.engine.visitor import KnownVisits

#: How a request ended: recorded, or excluded by a rule that is named.
RECORDED = "recorded"


class LinkAction:
    """A new row of `log_link_visit_action`."""

    __slots__ = ("idlink_va", "row")

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row
        #: null until the row is inserted
        self.idlink_va: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A point of the plan to which a request that turns out invalid can be undone."""

    new_visits: int
    link_actions: int
    actions: int
    conversions: int
    items: int
    updates: int


@dataclass(kw_only=True, slots=True)
class Plan:
    """The rows of one batch, in the order in which Matomo would have written them."""

    new_visits: list[Visit] = field(default_factory=list)
    #: idvisit -> a visit of the database that changed
    changed_visits: dict[int, Visit] = field(default_factory=dict)
    link_actions: list[LinkAction] = field(default_factory=list)
    #: names that must be in `log_action`, with the url_prefix of a new row
    actions: dict[ActionName, int | None] = field(default_factory=dict)
    #: rows of `log_conversion`
    conversions: list[dict[str, Any]] = field(default_factory=list)
    #: rows of `log_conversion_item`
    items: list[dict[str, Any]] = field(default_factory=list)
    #: changes of rows that are in the database already: (table, key columns, changed columns), each row once.
    #: They are written before new conversions and items: an order frees the key that a new cart then takes.
    updates: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    #: (idsite, idfailure) -> the request as a query string, secrets removed
    failures: dict[tuple[int, int], str] = field(default_factory=dict)
    #: (idsite, YYYY-MM-DD) whose archived reports are out of date
    reports: set[tuple[int, str]] = field(default_factory=set)
    #: idsite -> earlier creation time, because older requests arrived
    site_created: dict[int, str] = field(default_factory=dict)
    #: (idsite, Unix seconds at which it was accepted, outcome) -> number of requests; the outcome is `recorded` or the
    #: rule's name
    outcomes: Counter[tuple[int, int, str]] = field(default_factory=Counter)
    #: (table, key columns) -> the changed columns of `updates`
    _stored: dict[tuple[object, ...], dict[str, Any]] = field(default_factory=dict)
    #: how to take back what the present hit changed in place, newest last
    _undo: list[Callable[[], object]] = field(default_factory=list)

    def need(self, action: Action) -> None:
        """Ask for an action's names; the first to ask says the url_prefix."""
        for name in action.names.values():
            if name is not None:
                self.actions.setdefault(name, action.url_prefixes.get(name))

    def need_name(self, name: ActionName) -> None:
        """Ask for a name that is no address."""
        self.actions.setdefault(name, None)

    def new_visit(self, visit: Visit, visits: KnownVisits) -> None:
        """Insert a visit, which later hits may continue."""
        self.new_visits.append(visit)
        visits.add(visit)
        self._undo.append(lambda: visits.remove(visit))

    def change_visit(self, visit: Visit, columns: Mapping[str, Any], visits: KnownVisits) -> None:
        """Change a visit's row."""
        before, changed = visit.row, visit.changed
        visit.row, visit.changed = (
            dict(before),
            set(changed),
        )  # so that who holds the former row still sees it
        visit.change(columns)
        visits.moved(visit, before["idvisitor"])
        if visit.idvisit is not None and visit.changed:
            self.changed_visits[visit.idvisit] = visit

        def take_back() -> None:
            idvisitor = visit.row["idvisitor"]
            visit.row, visit.changed = before, changed
            visits.moved(visit, idvisitor)

        self._undo.append(take_back)

    def change_row(self, row: dict[str, Any], columns: Mapping[str, Any]) -> None:
        """Change a row that this plan inserts, or the planned changes of one in the database."""
        before = dict(row)
        row.update(columns)

        def take_back() -> None:
            row.clear()
            row.update(before)

        self._undo.append(take_back)

    def change_stored(self, table: str, key: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
        """Change a row that is in the database; returns all changes of it that are planned so far."""
        identity = (table, *key.items())
        changes = self._stored.get(identity)
        if changes is None:
            changes = self._stored[identity] = dict(columns)
            self.updates.append((table, dict(key), changes))
            self._undo.append(lambda: self._stored.pop(identity))
        else:
            self.change_row(changes, columns)
        return changes

    def remember(self, undo: Callable[[], object]) -> None:
        """Remember how to take back another change."""
        self._undo.append(undo)

    def created_earlier(self, idsite: int, created: str) -> None:
        """A site is at least as old as its oldest request."""
        self.site_created[idsite] = min(created, self.site_created.get(idsite, created))

    def mark(self) -> Mark:
        """Remember this point; what was changed in place before it stays."""
        self._undo.clear()
        return Mark(
            new_visits=len(self.new_visits),
            link_actions=len(self.link_actions),
            actions=len(self.actions),
            conversions=len(self.conversions),
            items=len(self.items),
            updates=len(self.updates),
        )

    def undo(self, mark: Mark) -> None:
        """Take back everything planned since the mark, which must be the newest one."""
        while self._undo:
            self._undo.pop()()
        del self.new_visits[mark.new_visits :]
        del self.link_actions[mark.link_actions :]
        del self.conversions[mark.conversions :]
        del self.items[mark.items :]
        del self.updates[mark.updates :]
        while len(self.actions) > mark.actions:
            self.actions.popitem()
