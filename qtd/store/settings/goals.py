"""Goals by site, from Matomo's `goal` table."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection

from qtd.engine.php import unsanitize
from qtd.engine.site import Goal
from qtd.store.settings.read import Row, flag, read_rows


def read_goals(connection: Connection, prefix: str) -> dict[int, tuple[Goal, ...]]:
    """The goals that are not deleted, in the order of their numbers."""
    goals: defaultdict[int, list[Goal]] = defaultdict(list)
    for row in read_rows(connection, f"{prefix}goal", "deleted = 0 ORDER BY idsite, idgoal"):
        goals[int(row["idsite"])].append(_goal(row))
    return {idsite: tuple(some) for idsite, some in goals.items()}


def _goal(row: Row) -> Goal:
    return Goal(
        idgoal=int(row["idgoal"]),
        match_attribute=row["match_attribute"],
        # Matomo's interface stores them with HTML entities, and its tracker compares without
        pattern=unsanitize(row["pattern"]),
        pattern_type=unsanitize(row["pattern_type"]),
        case_sensitive=flag(row["case_sensitive"]),
        allow_multiple=flag(row["allow_multiple"]),
        revenue=float(row["revenue"] or 0),
        event_value_as_revenue=flag(row.get("event_value_as_revenue")),
    )
