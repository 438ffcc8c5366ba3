from __future__ import annotations

from typing import Any

from qtd.engine.action import ActionType
from qtd.engine.plan import LinkAction, Plan
from qtd.engine.visit import Visit
from qtd.engine.visitor import KnownVisits
from tests.tracking import NOW, page_view, visit

TABLE = "log_conversion"


def seen(idvisit: int | None = None, **columns: Any) -> Visit:
    """A visit that can be looked for."""
    return visit(idvisit, **{"config_id": b"device", "user_id": None, **columns})


def state(plan: Plan) -> tuple[object, ...]:
    """Everything that a plan will write."""
    return (
        [dict(one.row) for one in plan.new_visits],
        {key: (dict(one.row), set(one.changed)) for key, one in plan.changed_visits.items()},
        [dict(one.row) for one in plan.link_actions],
        dict(plan.actions),
        [dict(row) for row in plan.conversions],
        [dict(row) for row in plan.items],
        [(table, dict(key), dict(changes)) for table, key, changes in plan.updates],
    )


def test_the_first_to_need_a_name_says_its_prefix() -> None:
    """Later ones find the row as it is."""
    plan = Plan()
    plan.need(page_view("https://example.org/a"))
    plan.need(page_view("http://www.example.org/a"))
    plan.need_name((int(ActionType.ITEM_SKU), "s"))
    assert plan.actions == {(1, "example.org/a"): 2, (5, "s"): None}


def test_everything_after_the_mark_is_undone() -> None:
    """New rows, changes of planned and of stored ones, and who is found; what was before stays."""
    plan, known = Plan(), KnownVisits()
    stored, early = seen(7), seen()
    known.add(stored)
    plan.new_visit(early, known)
    plan.change_visit(stored, {"visit_total_actions": 2}, known)
    plan.need(page_view())
    plan.link_actions.append(LinkAction({"a": 1}))
    plan.conversions.append({"idgoal": 1})
    plan.change_stored(TABLE, {"idvisit": 7}, {"revenue": 1.0})
    before = state(plan)

    mark = plan.mark()
    plan.new_visit(seen(), known)
    plan.change_visit(stored, {"idvisitor": b"visitor2", "visit_total_actions": 3}, known)
    plan.change_visit(early, {"user_id": "bob"}, known)
    plan.need(page_view("http://example.org/b"))
    plan.link_actions.append(LinkAction({"a": 2}))
    plan.change_row(plan.link_actions[0].row, {"a": 3, "b": 4})
    plan.conversions.append({"idgoal": 2})
    plan.items.append({"idorder": "0"})
    plan.change_stored(TABLE, {"idvisit": 7}, {"revenue": 2.0})
    plan.change_stored(TABLE, {"idvisit": 8}, {"revenue": 3.0})
    undone: list[str] = []
    plan.remember(lambda: undone.append("remembered"))
    assert state(plan) != before
    plan.undo(mark)

    assert state(plan) == before
    assert undone == ["remembered"]
    assert known.by_visitor(1, b"visitor2", until=NOW) is None
    assert known.by_visitor(1, b"visitor1", until=NOW) is stored


def test_changes_of_one_stored_row_are_one() -> None:
    """Also after one of them was undone."""
    plan = Plan()
    mark = plan.mark()
    plan.change_stored(TABLE, {"idvisit": 7}, {"a": 1})
    plan.undo(mark)
    assert plan.updates == []
    plan.change_stored(TABLE, {"idvisit": 7}, {"a": 2})
    plan.change_stored(TABLE, {"idvisit": 7}, {"b": 3})
    assert plan.updates == [(TABLE, {"idvisit": 7}, {"a": 2, "b": 3})]


def test_a_site_gets_the_earliest_creation() -> None:
    """Of all late requests of the batch."""
    plan = Plan()
    for day in ("2026-11-09", "2026-11-07", "2026-11-08"):
        plan.created_earlier(1, day)
    assert plan.site_created == {1: "2026-11-07"}
