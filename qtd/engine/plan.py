"""What a batch is going to write, planned in memory: rows whose references are resolved when they are written.

A cell may hold a `Visit` (its idvisit), a `LinkAction` (its idlink_va) or an `ActionName` (its idaction).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from qtd.engine.action import ActionName
from qtd.engine.visit import Visit

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
    #: visits of the database that changed, each once
    touched: dict[int, Visit] = field(default_factory=dict)
    link_actions: list[LinkAction] = field(default_factory=list)
    #: names that must be in `log_action`, with the url_prefix of a new row
    actions: dict[ActionName, int | None] = field(default_factory=dict)
    #: rows of `log_conversion`
    conversions: list[dict[str, Any]] = field(default_factory=list)
    #: rows of `log_conversion_item`
    items: list[dict[str, Any]] = field(default_factory=list)
    #: changes of rows that are in the database or in this plan: (table, key columns, changed columns)
    updates: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    #: (idsite, idfailure) -> the request as a query string, secrets removed
    failures: dict[tuple[int, int], str] = field(default_factory=dict)
    #: (idsite, YYYY-MM-DD) whose archived reports are out of date
    reports: set[tuple[int, str]] = field(default_factory=set)
    #: idsite -> earlier creation time, because older requests arrived
    site_created: dict[int, str] = field(default_factory=dict)
    #: (idsite, outcome) -> number of requests; the outcome is `recorded` or the rule's name
    outcomes: Counter[tuple[int, str]] = field(default_factory=Counter)

    def need(self, names: dict[ActionName, int | None]) -> None:
        """Ask for action names; the first to ask says the url_prefix."""
        for name, prefix in names.items():
            self.actions.setdefault(name, prefix)

    def mark(self) -> Mark:
        """Remember this point."""
        return Mark(
            new_visits=len(self.new_visits),
            link_actions=len(self.link_actions),
            actions=len(self.actions),
            conversions=len(self.conversions),
            items=len(self.items),
            updates=len(self.updates),
        )

    def undo(self, mark: Mark) -> list[Visit]:
        """Drop everything planned since the mark; returns the visits that are no more."""
        dropped = self.new_visits[mark.new_visits :]
        del self.new_visits[mark.new_visits :]
        del self.link_actions[mark.link_actions :]
        del self.conversions[mark.conversions :]
        del self.items[mark.items :]
        del self.updates[mark.updates :]
        while len(self.actions) > mark.actions:
            self.actions.popitem()
        return dropped
