from __future__ import annotations

import pytest

from qtd.engine.page_url import PageUrls, clean_text, clean_url, split_prefix
from qtd.engine.php import is_whole
from qtd.engine.settings import TRACKER_DEFAULTS, Settings
from qtd.engine.site import Site


def page(url: str, *, keep: bool = False, excluded: tuple[str, ...] = (), **tracker: str) -> str | None:
    """The address of a page as it is stored, with its scheme."""
    site = Site(idsite=1, urls=("http://e.org",), keep_url_fragment=keep, excluded_parameters=excluded)
    settings = Settings(sites={1: site}, tracker={**TRACKER_DEFAULTS, **tracker})
    return PageUrls(settings).page(url, 1)[1]


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("http://E.org/Path", "http://e.org/Path"),
        ("http://\u00c4.org/", "http://\u00e4.org/"),
        ("  http://e.org/a\nb\0 ", "http://e.org/ab"),
        ("http://e.org/?a=1&amp;b=2", "http://e.org/?a=1&b=2"),
        ("http://e.org/x;a=1;b=2", "http://e.org/x?a=1&b=2"),
        ("http://e.org/x;a=1?b=2", "http://e.org/x?a=1&b=2"),
        ("http://e.org/x?b=2;a=1", "http://e.org/x?b=2;a=1"),
        ("//e.org/x", None),
        ("e.org/x", None),
        ("javascript://e.org", None),
        ("http://", None),
        ("http://e.org:99999/", None),
    ],
)
def test_addresses_are_cleaned(url: str, stored: str | None) -> None:
    """Host in lower case, one line, matrix parameters as a query; what is no address is null."""
    assert page(url) == stored


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("http://e.org/?gclid=1&a=2&PHPSESSID=3", "http://e.org/?a=2"),
        ("http://e.org/?utm_source=1&mtm_kwd=2&ignore_referrer=1", "http://e.org/"),
        ("http://e.org/?Own=1&sess_1=2&x[]=3&x[]=4&b", "http://e.org/?b"),
        ("http://e.org/?a=1&a=2", "http://e.org/?a=2"),
    ],
)
def test_parameters_that_are_not_part_of_the_page(url: str, stored: str) -> None:
    """Those of the settings, of campaigns, of the site by name in any case or by pattern."""
    assert page(url, excluded=("own", "/^sess/", "X")) == stored


def test_fragments() -> None:
    """They are dropped unless the site keeps them; then they may have excluded parameters, if there is no query."""
    assert page("http://e.org/#a=1") == "http://e.org/"
    assert page("http://e.org/#a=1&gclid=2", keep=True) == "http://e.org/#a=1"
    assert page("http://e.org/?b#a=1&gclid=2#", keep=True) == "http://e.org/?b#a=1&gclid=2"
    assert page("http://e.org/?0#a=1&gclid=2", keep=True) == "http://e.org/#a=1"


def test_lengths_are_bytes() -> None:
    """What is cut off within a character shows it, also where it was put together again."""
    assert page("http://e.org/" + "a" * 50, page_maximum_length="20") == "http://e.org/aaaaaaa"
    assert page("http://e.org/\u00e4\u00e4\u00e4\u00e4", page_maximum_length="15") == "http://e.org/\u00e4"
    broken = page("http://e.org/\u00e4\u00e4", page_maximum_length="16")
    assert broken is not None
    assert not is_whole(broken)


def test_a_query_cut_within_a_character_is_read_as_latin_1() -> None:
    """Matomo escapes queries, and takes those that are not UTF-8 for ISO 8859-1 then."""
    assert page("http://e.org/?gclid=1&a=\u00e4", page_maximum_length="25") == "http://e.org/?a=\u00c3"
    assert clean_url("http://e.org/?a=\u00e4", 17).endswith("a=\udcc3")
    assert page("http://e.org/?a=\u00e4", page_maximum_length="17") == "http://e.org/?a=\udcc3"
    assert page("http://e.org/?\u00e4&gclid=1\u00e4", page_maximum_length="25") == "http://e.org/?\u00e4"


def test_the_length_setting_may_be_nonsense() -> None:
    """PHP reads 0 then, and nothing is left of any address."""
    assert page("http://e.org/", page_maximum_length="x") is None


@pytest.mark.parametrize(
    ("url", "name", "number"),
    [
        ("http://e.org/", "e.org/", 0),
        ("HTTP://WWW.e.org/", "e.org/", 1),
        ("https://e.org/", "e.org/", 2),
        ("https://www.e.org/", "e.org/", 3),
        ("ftp://e.org/", "ftp://e.org/", None),
        ("//e.org/", "//e.org/", None),
    ],
)
def test_the_beginning_becomes_a_number(url: str, name: str, number: int | None) -> None:
    """The column `url_prefix`; null for other schemes."""
    assert split_prefix(url) == (name, number)


def test_text_is_one_line_without_ends() -> None:
    """Line ends go, wherever they are; the length counts afterwards."""
    assert clean_text(" a\r\nb\0c ", 2) == "ab"
