from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.action import ActionType
from qtd.engine.site import Site
from qtd.engine.site_search import Search, detect_search, site_search
from tests.tracking import request, urls

SITE = Site(
    idsite=1,
    urls=("http://example.org",),
    sitesearch_keyword_parameters=("q", "Search"),
    sitesearch_category_parameters=("cat",),
)


def found(site: Site = SITE, **params: Any) -> Search | None:
    """The search of a request."""
    return detect_search(request(site, **params), urls(site))


def in_address(url: str, **params: Any) -> tuple[str, str, int | None, str | None] | None:
    """Words, category, count and the rest of the address of a search in an address."""
    search = found(url=url, **params)
    return None if search is None else (search.words, search.category, search.count, search.url)


def test_parameters_go_before_the_address() -> None:
    """And then the address is not looked at."""
    search = found(url="http://e.org/?q=other", search=" words ", search_cat=" c ", search_count="3")
    assert search == Search(words="words", category="c", count=3)


@pytest.mark.parametrize(
    ("count", "stored"), [("-1", None), ("x", None), ("", None), ("0", 0), ("1.5", None)]
)
def test_counts_that_are_none(count: str, stored: int | None) -> None:
    """A count is a whole number from 0."""
    search = found(search="w", search_count=count)
    assert search is not None
    assert search.count == stored


def test_what_is_no_search() -> None:
    """Words of white space, "0", and sites that do not record searches."""
    assert found(search=" ", url="http://e.org/?q=x") is None
    assert found(search="0") is None
    assert found(Site(idsite=1, urls=(), sitesearch=False), search="w") is None
    assert found(url="http://e.org/a") is None


def test_a_category_of_zero_is_none() -> None:
    """PHP takes it for empty."""
    search = found(search="w", search_cat="0")
    assert search is not None
    assert search.category == ""


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://e.org/p?q=w&x=1", ("w", "", None, "http://e.org/p?x=1")),
        ("http://e.org/p?Q=w&CAT=c&search_count=7", ("w", "c", 7, "http://e.org/p?search_count=7")),
        ("http://e.org/p?SEARCH=a+b%20c", ("a b c", "", None, "http://e.org/p")),
        ("http://e.org/p?q=0&search=w", ("w", "", None, "http://e.org/p?q=0")),
        ("http://e.org/p?q[]=w&q[]=v", ("w", "", None, "http://e.org/p")),
        ("http://e.org/p?q=", None),
        ("http://e.org/p?q=%20", None),
        ("http://e.org/p?search_count=7", None),
        ("http://e.org/p;q=w", ("w", "", None, "http://e.org/p")),
        ("http://e.org/p#q=w", ("w", "", None, "http://e.org/p")),
        ("http://e.org/p#/a?q=w&x=1", ("w", "", None, "http://e.org/p#/a?x=1")),
        ("http://e.org/p#?q=w", ("w", "", None, "http://e.org/p")),
        ("http://e.org/p?q=w&search_count=-1", ("w", "", None, "http://e.org/p?search_count=-1")),
        ("http://e.org/p?q=%FF", ("%FF", "", None, "http://e.org/p")),
    ],
)
def test_searches_in_the_address(url: str, expected: object) -> None:
    """By the site's parameters in any case, in the query and in the fragment: checked with Matomo's own detection."""
    assert in_address(url) == expected


def test_words_of_pages_in_other_character_sets() -> None:
    """`cs` says which; without it what is not UTF-8 stays as it is in the address."""
    url = "http://e.org/p?q=%CF%F0%E8&cat=%E2"
    assert in_address(url, cs="windows-1251") == ("\u041f\u0440\u0438", "\u0432", None, "http://e.org/p")
    assert in_address(url, cs="nonsense") == ("%CF%F0%E8", "%E2", None, "http://e.org/p")
    assert in_address("http://e.org/p?q=%C3%A4", cs="utf-8") == ("\u00e4", "", None, "http://e.org/p")


def test_the_action_has_words_and_no_page() -> None:
    """Words of a search have a type of their own; category and count are columns."""
    action = site_search(Search(words="w", category="c", count=2), urls(SITE), 1)
    assert action.names == {"idaction_name": (ActionType.SITE_SEARCH, "w")}
    assert action.columns == {"search_cat": "c", "search_count": 2}
    assert (action.title, action.url) == ("w", None)


def test_the_address_of_a_search_is_kept_for_goals() -> None:
    """Without the search, and without excluded parameters."""
    search = found(url="http://example.org/p?q=w&gclid=1&x=2")
    assert search is not None
    action = site_search(search, urls(SITE), 1)
    assert (action.raw_url, action.url) == ("http://example.org/p?gclid=1&x=2", "http://example.org/p?x=2")


def test_what_the_columns_do_not_take_is_an_objection() -> None:
    """A count of more than four bytes; a category that is cut off within a character after 200 bytes."""
    fits = site_search(Search(words="w", category="c" * 250, count=2**32 - 1), urls(SITE), 1)
    assert fits.objection is None
    assert fits.columns["search_cat"] == "c" * 200
    count = site_search(Search(words="w", count=2**32), urls(SITE), 1).objection
    category = site_search(Search(words="w", category="c" * 199 + "\u00e4"), urls(SITE), 1).objection
    assert [None if one is None else one.reason for one in (count, category)] == [
        "search_count_range",
        "broken_character",
    ]
