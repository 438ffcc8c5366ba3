from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.action import Action, ActionType
from qtd.engine.event import event
from qtd.engine.site import Site
from tests.tracking import request, urls

SITE = Site(idsite=1, urls=("http://example.org",))


def made(**params: Any) -> Action:
    """The event of a request with category and action, as far as it does not say otherwise."""
    return event(
        request(SITE, **{"e_c": "c", "e_a": "a", "url": "http://www.example.org/p", **params}), urls(SITE)
    )


def test_its_names_have_types_of_their_own() -> None:
    """The page's address is stored with the event's type, and like a page's without scheme."""
    action = made(e_n=" name ")
    assert action.names == {
        "idaction_event_action": (ActionType.EVENT_ACTION, "a"),
        "idaction_event_category": (ActionType.EVENT_CATEGORY, "c"),
        "idaction_name": (ActionType.EVENT_NAME, "name"),
        "idaction_url": (ActionType.EVENT_CATEGORY, "example.org/p"),
    }
    assert action.url_prefixes == {(ActionType.EVENT_CATEGORY, "example.org/p"): 1}


def test_without_page_and_name_their_columns_are_left_out() -> None:
    """An empty name is no name, and an address that is none no page."""
    assert set(made(url="", e_n=" ").names) == {"idaction_event_action", "idaction_event_category"}


@pytest.mark.parametrize("name", ["e_c", "e_a"])
def test_white_space_is_no_name(name: str) -> None:
    """Matomo refuses the request where it looks the names up."""
    objection = made(**{name: " "}).objection
    assert objection is not None
    assert objection.reason == "empty_event"


@pytest.mark.parametrize(("value", "stored"), [("1.5", 1.5), ("-2", -2.0), ("abc", 0.0), ("0", 0.0)])
def test_its_value_is_a_number(value: str, stored: float) -> None:
    """What is none is 0."""
    assert made(e_v=value).columns == {"custom_float": stored}


def test_without_value_the_column_is_left_out() -> None:
    """Null is not 0 in averages."""
    assert made(e_v="").columns == {}
    assert made().columns == {}
