from __future__ import annotations

import re

import pytest

from qtd.engine.device.template import fill, fill_model, fill_version, version


def match(pattern: bytes, text: bytes) -> re.Match[bytes]:
    """Search for a pattern that is there."""
    found = re.search(pattern, text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("template", "pattern", "text", "expected"),
    [
        (" Chrome ", b"x", b"x", "Chrome"),
        ("$1 $2", b"(a)(b)?", b"a", "a"),
        ("$1$2$3", b"(a)?(b)?(c)?", b"zzz", "$2$3"),
        ("$2-$1", b"(a)(b)", b"ab", "b-a"),
        ("v$1", b"(.)", "é".encode(), "v"),
        ("$1", b"(.+)", b"$3", "$3"),
    ],
)
def test_groups_are_filled_in_as_php_does(template: str, pattern: bytes, text: bytes, expected: str) -> None:
    """Numbers up to the one behind the last group that took part are replaced, others stay."""
    assert fill(template, match(pattern, text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("120.0.6099.130", "120.0"), ("10_15_7", "10.15"), ("7", "7"), (" 4. ", "4"), ("", ""), ("1.2.", "1.2")],
)
def test_versions_keep_two_parts(text: str, expected: str) -> None:
    """Versions are cut to major and minor number."""
    assert version(text) == expected
    assert fill_version("$1", match(b"(.*)", text.encode())) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [("GT_I9100", "GT I9100"), ("A TD", "A"), ("Build", ""), ("0", ""), ("X td", "X")],
)
def test_models_lose_what_is_no_part_of_them(template: str, expected: str) -> None:
    """Underscores are spaces, `TD` at the end goes, `Build` is no model."""
    assert fill_model(template, match(b"", b"")) == expected
