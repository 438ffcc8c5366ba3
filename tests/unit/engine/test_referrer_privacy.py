from __future__ import annotations

import pytest

from qtd.engine.referrer_privacy import anonymous_keyword, anonymous_name, anonymous_url


@pytest.mark.parametrize(
    ("level", "url", "expected"),
    [
        ("", "http://a.org/b?c", "http://a.org/b?c"),
        ("exclude_query", "http://a.org/b?c#d", "http://a.org/b"),
        ("exclude_query", "", ""),
        ("exclude_path", "http://u:p@a.org:81/b?c", "http://a.org/"),
        ("exclude_path", "//a.org/b", "//a.org/"),
        ("exclude_path", "http://a.org?c", "http://a.org?c"),
        ("exclude_all", "http://a.org/b", ""),
        ("exclude_all", None, None),
    ],
)
def test_keeps_of_the_address_what_may_be_kept(level: str, url: str | None, expected: str | None) -> None:
    """Query, path or everything goes; an address without a path keeps its query, as Matomo leaves it."""
    assert anonymous_url(url, level) == expected


def test_keeps_names_that_are_nobodys() -> None:
    """Only a website's name is lost, and only at the strictest level."""
    assert anonymous_name("a.org", 3, "exclude_path") == "a.org"
    assert [anonymous_name("x", kind, "exclude_all") for kind in (1, 2, 3, 6, 7)] == ["", "x", "", "x", "x"]


def test_keeps_only_a_campaigns_keyword() -> None:
    """Words of a search come from the referrer and go with it; a campaign's come from the page."""
    assert [anonymous_keyword("x", kind, "exclude_query") for kind in (2, 3, 6)] == ["", "", "x"]
    assert anonymous_keyword(None, 3, "exclude_query") == ""
    assert anonymous_keyword("x", 2, "") == "x"
