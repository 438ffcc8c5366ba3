"""A visit as the engine works on it: its row, and which of its columns this batch changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qtd.engine.action import Action
from qtd.engine.invalid import InvalidRequest
from qtd.engine.php import truthy

#: Columns that hold a moment; in a row they are Unix seconds until they are written.
TIME_COLUMNS: Final = frozenset({"visit_first_action_time", "visit_last_action_time", "server_time"})


class Visit:
    """A row of `log_visit`, known from the database or made by this batch."""

    __slots__ = ("changed", "idvisit", "row")

    def __init__(self, row: dict[str, Any], idvisit: int | None = None) -> None:
        #: column -> value; times as Unix seconds, actions as identifiers or, when new, as `ActionName`
        self.row = row
        #: null until the row is inserted
        self.idvisit = idvisit
        #: columns that differ from the database's row
        self.changed: set[str] = set()

    def __repr__(self) -> str:
        state = "new" if self.idvisit is None else f"idvisit={self.idvisit} changed={len(self.changed)}"
        return f"<Visit {state} site={self.row['idsite']}>"

    def change(self, columns: Mapping[str, Any]) -> None:
        """Take over new values; what is equal to the old one is no change."""
        row = self.row
        for column, value in columns.items():
            if column not in row or row[column] != value:
                row[column] = value
                self.changed.add(column)


def action_totals(action: Action | None) -> dict[str, int]:
    """What one action adds to a visit's counters."""
    if action is None:
        return {}
    totals = {}
    if action.counts:
        totals["visit_total_actions"] = 1
    if action.is_interaction:
        totals["visit_total_interactions"] = 1
    if action.is_site_search:
        totals["visit_total_searches"] = 1
    if action.is_event:
        totals["visit_total_events"] = 1
    return totals


_COUNTERS = ("visit_total_actions", "visit_total_interactions", "visit_total_searches", "visit_total_events")


def pages_of_new_visit(action: Action | None) -> dict[str, Any]:
    """Entry page, exit page and counters of a visit that begins with the action (0 is no page, null an unknown one)."""
    totals = action_totals(action)
    columns: dict[str, Any] = {column: totals.get(column, 0) for column in _COUNTERS}
    url: Any = 0
    title: Any = 0
    if action is not None and action.is_interaction:
        title = action.names.get("idaction_name") or 0
        if action.is_page_view:
            url = action.names.get("idaction_url") or 0
    # No page yet is not the same as a page without address: the first page that follows becomes the entry.
    columns["visit_entry_idaction_url"] = url if action is not None and action.is_interaction else None
    columns["visit_entry_idaction_name"] = title
    columns["visit_exit_idaction_url"] = url
    columns["visit_exit_idaction_name"] = title
    return columns


def pages_of_existing_visit(action: Action | None, row: Mapping[str, Any]) -> dict[str, Any]:
    """How the action moves the exit page and the counters of a visit that goes on."""
    columns: dict[str, Any] = {
        column: (row[column] or 0) + one for column, one in action_totals(action).items()
    }
    if action is None or not action.is_interaction:
        return columns
    # A search has no page: it leaves the exit page unknown.
    url = (action.names.get("idaction_url") or 0) if action.is_page_view else None
    if row["visit_entry_idaction_url"] is None and url:
        columns["visit_entry_idaction_url"] = url
    columns["visit_exit_idaction_url"] = url
    title = action.names.get("idaction_name")
    if title is not None:
        columns["visit_exit_idaction_name"] = title
    return columns


def history_of_new_visit(previous: Mapping[str, Any] | None, *, now: int, ordered: bool) -> dict[str, Any]:
    """What a new visit knows of the visitor's earlier ones: how many, how long ago (seconds), whether he bought.

    `previous` is the row of the visit before, null for a new visitor. Null seconds: not known.

    Raises `InvalidRequest` for a visit before the visitor's last order: Matomo's statement fails on negative seconds.
    """
    since_order: int | None = 0 if ordered else None
    if previous is None:
        return {
            "visitor_returning": 2 if ordered else 0,
            "visitor_count_visits": 1,
            "visitor_seconds_since_first": 0,
            "visitor_seconds_since_last": 0,
            "visitor_seconds_since_order": since_order,
        }
    began = previous["visit_first_action_time"]
    age = now - began
    first = previous["visitor_seconds_since_first"]
    order = previous["visitor_seconds_since_order"]
    if not ordered and order is not None:
        since_order = order + age
        if since_order < 0:
            raise InvalidRequest("visit_before_order", "the visit begins before the visitor's last order")
    return {
        "visitor_returning": 2 if truthy(order) or ordered else 1,
        "visitor_count_visits": (previous["visitor_count_visits"] or 0) + 1,
        "visitor_seconds_since_first": None if first is None or first + age < 0 else first + age,
        "visitor_seconds_since_last": None if age < 0 else age,
        "visitor_seconds_since_order": since_order,
    }
