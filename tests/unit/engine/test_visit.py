from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.action import CONTENT, EVENT, Action, ActionType
from qtd.engine.invalid import InvalidRequest
from qtd.engine.visit import (
    Visit,
    history_of_new_visit,
    pages_of_existing_visit,
    pages_of_new_visit,
)
from tests.tracking import NOW, page_view

URL = (ActionType.PAGE_URL, "example.org/a")
TITLE = (ActionType.PAGE_TITLE, "A")


def page(title: str = "A") -> Action:
    """A page view with address and title."""
    action = page_view()
    action.refer("idaction_name", ActionType.PAGE_TITLE, title)
    return action


def search() -> Action:
    """A site search."""
    action = Action(type=ActionType.SITE_SEARCH)
    action.refer("idaction_name", ActionType.SITE_SEARCH, "w")
    return action


def test_a_change_is_what_differs() -> None:
    """Equal values change nothing, new columns do."""
    visit = Visit({"a": 1, "b": 2}, 7)
    visit.change({"a": 1, "b": 3, "c": None})
    assert visit.row == {"a": 1, "b": 3, "c": None}
    assert visit.changed == {"b", "c"}


@pytest.mark.parametrize(
    ("action", "counters"),
    [
        (page(), (1, 1, 0, 0)),
        (search(), (1, 1, 1, 0)),
        (Action(type=EVENT), (1, 0, 0, 1)),
        (Action(type=CONTENT), (0, 0, 0, 0)),
        (Action(type=ActionType.DOWNLOAD), (1, 0, 0, 0)),
        (None, (0, 0, 0, 0)),
    ],
)
def test_counters(action: Action | None, counters: tuple[int, ...]) -> None:
    """Actions, interactions, searches and events, at the beginning and later."""
    names = ("visit_total_actions", "visit_total_interactions", "visit_total_searches", "visit_total_events")
    new = pages_of_new_visit(action)
    assert tuple(new[name] for name in names) == counters
    before: dict[str, Any] = dict.fromkeys(names, 10) | {"visit_entry_idaction_url": 1}
    later = before | pages_of_existing_visit(action, before)
    assert tuple(later[name] - 10 for name in names) == counters


def test_a_page_is_entry_and_exit() -> None:
    """With address and title; what it has not is 0."""
    columns = pages_of_new_visit(page())
    assert columns["visit_entry_idaction_url"] == columns["visit_exit_idaction_url"] == URL
    assert columns["visit_entry_idaction_name"] == columns["visit_exit_idaction_name"] == TITLE
    assert pages_of_new_visit(page(""))["visit_entry_idaction_name"] == 0


def test_a_visit_that_begins_without_a_page_has_no_entry_yet() -> None:
    """Null, so that the first page becomes it; after a search it is 0."""
    assert pages_of_new_visit(Action(type=EVENT))["visit_entry_idaction_url"] is None
    assert pages_of_new_visit(None)["visit_exit_idaction_url"] == 0
    found = pages_of_new_visit(search())
    assert found["visit_entry_idaction_url"] == 0
    assert found["visit_exit_idaction_name"] == (ActionType.SITE_SEARCH, "w")


def test_a_page_moves_the_exit() -> None:
    """And is the entry where there is none yet; an event moves nothing."""
    row = {"visit_entry_idaction_url": None, "visit_total_actions": None, "visit_total_interactions": 1}
    changes = pages_of_existing_visit(page(), row)
    assert changes["visit_entry_idaction_url"] == changes["visit_exit_idaction_url"] == URL
    assert changes["visit_total_actions"] == 1
    assert "visit_entry_idaction_url" not in pages_of_existing_visit(
        page(), row | {"visit_entry_idaction_url": 0}
    )
    event = pages_of_existing_visit(Action(type=EVENT), row | {"visit_total_events": 0})
    assert event == {"visit_total_actions": 1, "visit_total_events": 1}


def test_a_search_leaves_the_exit_unknown() -> None:
    """It has no page."""
    row = {"visit_entry_idaction_url": 1} | dict.fromkeys(
        ("visit_total_actions", "visit_total_interactions", "visit_total_searches"), 1
    )
    assert pages_of_existing_visit(search(), row)["visit_exit_idaction_url"] is None


def test_a_page_without_title_keeps_the_exits_title() -> None:
    """Only what is there is set."""
    row = {"visit_entry_idaction_url": 1, "visit_total_actions": 1, "visit_total_interactions": 1}
    assert "visit_exit_idaction_name" not in pages_of_existing_visit(page(""), row)


def previous(**columns: Any) -> dict[str, Any]:
    """The visit before, which began an hour ago."""
    return {
        "visit_first_action_time": NOW - 3600,
        "visitor_seconds_since_first": 100,
        "visitor_seconds_since_order": None,
        "visitor_count_visits": 4,
        **columns,
    }


def history(before: dict[str, Any] | None, *, ordered: bool = False) -> tuple[Any, ...]:
    """Returning, count, and seconds since the first visit, the last one and the order."""
    found = history_of_new_visit(before, now=NOW, ordered=ordered)
    return tuple(
        found[f"visitor_{name}"]
        for name in (
            "returning",
            "count_visits",
            "seconds_since_first",
            "seconds_since_last",
            "seconds_since_order",
        )
    )


@pytest.mark.parametrize(
    ("before", "ordered", "expected"),
    [
        (None, False, (0, 1, 0, 0, None)),
        (None, True, (2, 1, 0, 0, 0)),
        (previous(), False, (1, 5, 3700, 3600, None)),
        (previous(), True, (2, 5, 3700, 3600, 0)),
        (previous(visitor_seconds_since_order=50), False, (2, 5, 3700, 3600, 3650)),
        (previous(visitor_seconds_since_order=0), False, (1, 5, 3700, 3600, 3600)),
        (previous(visitor_seconds_since_first=None), False, (1, 5, None, 3600, None)),
        (previous(visitor_count_visits=None), False, (1, 1, 3700, 3600, None)),
        (previous(visit_first_action_time=NOW + 50), False, (1, 5, 50, None, None)),
        (previous(visit_first_action_time=NOW + 500), False, (1, 5, None, None, None)),
    ],
)
def test_what_a_visit_knows_of_earlier_ones(
    before: dict[str, Any] | None,
    ordered: bool,  # noqa: FBT001
    expected: tuple[Any, ...],
) -> None:
    """Seconds that would be negative are not known; a customer is one whose order lies back."""
    assert history(before, ordered=ordered) == expected


def test_a_visit_before_the_order_is_refused() -> None:
    """The column takes no negative seconds, and Matomo's statement fails."""
    with pytest.raises(InvalidRequest) as caught:
        history(previous(visit_first_action_time=NOW + 50, visitor_seconds_since_order=0))
    assert caught.value.reason == "visit_before_order"
