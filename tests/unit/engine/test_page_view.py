from __future__ import annotations

import pytest

from qtd.engine.page_view import page_view
from qtd.engine.settings import GENERAL_DEFAULTS, Settings
from qtd.engine.site import Site
from tests.tracking import request, urls

SITE = Site(idsite=1, urls=("http://example.org",))


def test_a_page_refers_to_address_and_title() -> None:
    """The address without scheme, which becomes a number, and without parameters that are not part of the page."""
    action = page_view(
        request(SITE, url="https://www.example.org/a?b=1&gclid=2", action_name=" A <b>\n "), urls(SITE)
    )
    assert action.names == {
        "idaction_name": (4, "A &lt;b&gt;"),
        "idaction_url": (1, "example.org/a?b=1"),
    }
    assert action.url_prefixes == {(1, "example.org/a?b=1"): 3}
    assert action.raw_url == "https://www.example.org/a?b=1&gclid=2".replace("&", "&amp;")


def test_a_page_without_address_and_title_refers_to_nothing() -> None:
    """An address that is none is left out; an empty title is 0."""
    action = page_view(request(SITE, url="not a url"), urls(SITE))
    assert action.names == {"idaction_name": None}
    assert action.url is None


@pytest.mark.parametrize(
    ("delimiter", "title", "stored"),
    [
        ("/", "  A / B//C / ", "A/B/C"),
        ("/", "0/1", "0/1"),
        ("|", "A |  | B", "A|B"),
        ("", "A / B", "A / B"),
    ],
)
def test_categories_are_trimmed_and_empty_ones_left_out(delimiter: str, title: str, stored: str) -> None:
    """Where [General] names a delimiter."""
    asked = request(SITE, action_name=title)
    asked.settings = Settings(
        sites={1: SITE}, general={**GENERAL_DEFAULTS, "action_title_category_delimiter": delimiter}
    )
    assert page_view(asked, urls(SITE)).title == stored
