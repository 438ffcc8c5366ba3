from __future__ import annotations

import pytest

from qtd.engine.action import EVENT, MAX_NAME_LENGTH, Action, ActionType
from qtd.engine.php import cut_bytes


@pytest.mark.parametrize("empty", ["", "0"])
def test_an_empty_name_is_none(empty: str) -> None:
    """The column is then 0; "0" is empty to PHP."""
    action = Action(type=ActionType.PAGE_URL)
    action.refer("idaction_name", ActionType.PAGE_TITLE, empty)
    assert action.names == {"idaction_name": None}
    assert action.objection is None


def test_a_name_keeps_its_prefix() -> None:
    """Which the first to record the name writes beside it."""
    action = Action(type=ActionType.PAGE_URL)
    action.refer("idaction_url", ActionType.PAGE_URL, "example.org/", 0)
    assert action.names == {"idaction_url": (1, "example.org/")}
    assert action.url_prefixes == {(1, "example.org/"): 0}


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["n" * MAX_NAME_LENGTH], None),
        (["n" * (MAX_NAME_LENGTH + 1)], "name_too_long"),
        ([cut_bytes("\u00e4", 1)], "broken_character"),
        (["n" * (MAX_NAME_LENGTH + 1), cut_bytes("\u00e4", 1)], "name_too_long"),
    ],
)
def test_what_the_column_does_not_take_is_an_objection(names: list[str], reason: str | None) -> None:
    """A name that is too long, or cut off within a character; the first objection counts."""
    action = Action(type=EVENT)
    for name in names:
        action.refer("idaction_name", ActionType.EVENT_NAME, name)
    assert (None if action.objection is None else action.objection.reason) == reason


def test_kinds_of_actions() -> None:
    """Pages and searches move a visit on; all but contents are counted."""
    kinds = {kind: Action(type=kind) for kind in (*ActionType,)}
    assert {kind for kind, action in kinds.items() if action.is_interaction} == {
        ActionType.PAGE_URL,
        ActionType.SITE_SEARCH,
    }
    assert {kind for kind, action in kinds.items() if not action.counts} == {ActionType.CONTENT_NAME}
    assert kinds[ActionType.EVENT_CATEGORY].is_event
    assert kinds[ActionType.SITE_SEARCH].is_site_search
    assert kinds[ActionType.PAGE_URL].is_page_view
