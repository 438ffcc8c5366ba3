from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.action import ActionType
from qtd.engine.action_detection import detect_action
from qtd.engine.invalid import InvalidRequest
from qtd.engine.site import Site
from tests.tracking import request, urls

SITE = Site(idsite=1, urls=("http://example.org",), sitesearch_keyword_parameters=("q",))
EVERYTHING: dict[str, Any] = {
    "download": "http://example.org/f.pdf",
    "link": "http://other.example/",
    "e_c": "category",
    "e_a": "action",
    "c_n": "content",
    "search": "words",
}


def kind(**params: Any) -> ActionType:
    """The type of the action that a request stands for."""
    return detect_action(request(SITE, url="http://example.org/", **params), urls(SITE)).type


@pytest.mark.parametrize(
    ("without", "expected"),
    [
        ((), ActionType.DOWNLOAD),
        (("download",), ActionType.OUTLINK),
        (("download", "link"), ActionType.EVENT_CATEGORY),
        (("download", "link", "e_a"), ActionType.CONTENT_NAME),
        (("download", "link", "e_c", "c_n"), ActionType.SITE_SEARCH),
        (("download", "link", "e_c", "c_n", "search"), ActionType.PAGE_URL),
    ],
)
def test_of_several_kinds_one_goes_first(without: tuple[str, ...], expected: ActionType) -> None:
    """A download before an outlink, an event, a content, a search; a page view is what is left."""
    assert kind(**{name: value for name, value in EVERYTHING.items() if name not in without}) == expected


@pytest.mark.parametrize("name", ["download", "link", "c_n", "search"])
def test_empty_and_zero_are_no_target(name: str) -> None:
    """PHP takes "0" for empty."""
    assert kind(**{name: "0"}) == ActionType.PAGE_URL
    assert kind(**{name: ""}) == ActionType.PAGE_URL


def test_an_event_may_be_called_zero() -> None:
    """There the length is asked, not the truth."""
    assert kind(e_c="0", e_a="0") == ActionType.EVENT_CATEGORY


def test_a_custom_action_is_nobodys() -> None:
    """`ca=1` is meant for a plugin; a request that is one of the known kinds too is taken for that."""
    with pytest.raises(InvalidRequest) as caught:
        kind(ca="1")
    assert caught.value.reason == "custom_action"
    assert kind(ca="1", search="words") == ActionType.SITE_SEARCH
    assert kind(ca="0") == ActionType.PAGE_URL
    assert kind(ca="x") == ActionType.PAGE_URL


def test_every_kind_may_show_a_product() -> None:
    """The parameters of product views are looked at beside the others."""
    action = detect_action(request(SITE, **EVERYTHING, _pks="sku"), urls(SITE))
    assert action.names["idaction_product_sku"] == (ActionType.ITEM_SKU, "sku")
