from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.action import EVENT, Action, ActionType
from qtd.engine.invalid import InvalidRequest
from qtd.engine.link_action import link_action_row, pageview_position
from tests.tracking import NOW, page_view, request, visit

BEFORE = {"visit_exit_idaction_url": 7, "visit_exit_idaction_name": 8, "visit_total_interactions": 3}


def row(action: Action | None = None, before: dict[str, Any] | None = None, **params: Any) -> dict[str, Any]:
    """The row of an action, by default of a page view that begins a visit."""
    return link_action_row(action or page_view(), request(**params), visit(1), before, time_spent=5)


def test_the_first_action_of_a_visit() -> None:
    """It follows nothing, and is the first page view."""
    found = row(pv_id="abcdefgh")
    assert found["idaction_url"] == (ActionType.PAGE_URL, "example.org/a")
    assert (found["idaction_name"], found["idaction_url_ref"], found["idaction_name_ref"]) == (0, 0, 0)
    assert (found["server_time"], found["time_spent_ref_action"]) == (NOW, 5)
    assert (found["pageview_position"], found["idpageview"]) == (1, "abcdef")
    assert found["idvisitor"] == b"visitor1"


def test_a_later_action_follows_the_exit_page() -> None:
    """And counts on."""
    found = row(before=BEFORE)
    assert (found["idaction_url_ref"], found["idaction_name_ref"], found["pageview_position"]) == (7, 8, 4)


def test_what_is_no_page_has_the_position_of_the_last_one() -> None:
    """None before the first, and it has no title unless it says so."""
    event = Action(type=EVENT, columns={"custom_float": 1.5})
    found = row(event, before=BEFORE)
    assert (found["pageview_position"], found["idaction_url"], found["custom_float"]) == (3, 0, 1.5)
    assert "idaction_name" not in found
    assert "pageview_position" not in row(event)
    assert pageview_position(event, {"visit_total_interactions": None}) == 0


def test_a_search_has_no_page() -> None:
    """Null, which is not an unknown page."""
    found = row(Action(type=ActionType.SITE_SEARCH))
    assert (found["idaction_url"], found["idaction_name"]) == (None, 0)


def test_page_times_belong_to_page_views() -> None:
    """Other actions keep theirs for the page view they belong to."""
    assert row(pf_net="5")["time_network"] == 5
    assert "time_network" not in row(Action(type=EVENT), pf_net="5")


def test_an_identifier_cut_within_a_character_is_refused() -> None:
    """No column takes it."""
    with pytest.raises(InvalidRequest):
        row(pv_id="abcde\u00e4")
