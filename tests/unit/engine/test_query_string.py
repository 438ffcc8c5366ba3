from __future__ import annotations

import pytest

from qtd.engine.parse_url import ParsedUrl, parse_url
from qtd.engine.query_string import build_url, looks_like_url, parse_query, without_parameters


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a", True),
        ("//a", True),
        ("://a", True),
        ("android-app://com.example/", True),
        ("http:/a", False),
        ("http://", False),
        ("a.org/b", False),
        ("1a://b", False),
        ("JavaScript://x", False),
        ("data://x", False),
        ("http://a\nb", False),
        ("", False),
    ],
)
def test_tells_urls_from_other_texts(url: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """Only `scheme://…` and `//…` on one line are URLs, and scripts are not."""
    assert looks_like_url(url) is expected


def test_reads_names_values_and_lists() -> None:
    """A parameter is text, None without `=`, or a list for `name[]`; the last of a repeated name counts."""
    assert dict(parse_query("?a=1&b&c=&d[]=1&d%5B%5D=2&e[]&a=2&=x&&0=y&f[1]=z&g%5b%5D")) == {
        "a": "2",
        "b": None,
        "c": "",
        "d": ["1", "2"],
        "e": [None],
        "f[1]": "z",
        "g": [None],
    }


def test_keeps_escapes_but_sanitizes() -> None:
    """Percent escapes stay, HTML's special characters are escaped, line ends and trailing spaces go."""
    assert dict(parse_query('x=%3Cb%3E<b>"\r\n&amp;y=1+2 ')) == {
        "x": "%3Cb%3E&lt;b&gt;&quot;",
        "amp;y": "1+2",
    }


@pytest.mark.parametrize("query", ["", "0", "?", "&&", "=1"])
def test_finds_nothing_in_an_empty_query(query: str) -> None:
    """What PHP takes for empty has no parameters."""
    assert not parse_query(query)


def test_joins_what_is_not_excluded() -> None:
    """Names are excluded in any case or by a PHP pattern; the rest keeps its order and form."""
    parameters = parse_query("SID=1&b&c=&d[]=1&d[]&x%5By%5D=2&sess_a=3&utm_id=4")
    assert without_parameters(parameters, ("sid", "/^sess.*/")) == "b&c=&d[]=1&d[]&x[y]=2&utm_id=4"
    assert without_parameters(parameters, ("x[y]", "d", "/./")) == ""


@pytest.mark.parametrize(
    "url",
    ["http://u:p@a.org:81/b?c#d", "//x", "mailto:a@b.c", "http://a.org?b", "a/b?c"],
)
def test_builds_what_was_parsed(url: str) -> None:
    """Taking apart and putting together gives the URL again, but for what PHP's rules lose."""
    parts = parse_url(url)
    assert parts is not None
    assert build_url(parts) == {"//x": "x", "mailto:a@b.c": "mailto:/a@b.c"}.get(url, url)


def test_leaves_empty_parts_out() -> None:
    """A part that is empty or "0" does not come back."""
    parts = ParsedUrl(scheme="http", host="a", port=0, path="0", query="0", fragment="")
    assert build_url(parts) == "http://a"
