from __future__ import annotations

import pytest

from qtd.engine.preg import compile_pattern


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("/^a.c$/", "abc\n"),
        ("#A/B#i", "xa/by"),
        ("{a{2}}", "caab"),
        ("(a(b)c)", "abc"),
        ("_foo_", "a foo"),
        (r"/\Qa.b\E/", "a.b"),
        (r"/a\z/", "ba"),
        (r"/a\Z/", "ba\n"),
        ("/[]x]/", "]"),
        ("/[[:digit:]]+/", "a1"),
        ("/(?<year>\\d{4})-(?i:X)/", "2024-x"),
        ("/a b/x", "ab"),
        (" /a/", "a"),
    ],
)
def test_finds_what_php_finds(pattern: str, text: str) -> None:
    """A valid pattern with any delimiter and its flags matches where preg_match would."""
    compiled = compile_pattern(pattern)
    assert compiled is not None
    assert compiled.search(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("/^a$/D", "a\n"), ("/a/A", "ba"), ("/\\w/", "é"), ("/a$/", "ab"), (r"/a\z/", "a\n")],
)
def test_misses_what_php_misses(pattern: str, text: str) -> None:
    """Anchors are exact where PHP's are, and without the flag `u` letters are ASCII."""
    compiled = compile_pattern(pattern)
    assert compiled is not None
    assert not compiled.search(text)


@pytest.mark.parametrize("pattern", ["", "sid", "/a", "/a/q", "/(/", "\\a\\", "{a", "/[/"])
def test_refuses_what_is_no_pattern(pattern: str) -> None:
    """What preg_match warns about is no pattern, so callers take it for a plain name."""
    assert compile_pattern(pattern) is None
