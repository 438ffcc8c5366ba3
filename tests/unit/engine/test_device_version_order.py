from __future__ import annotations

import pytest

from qtd.engine.device.version_order import compare


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0", "1.1"),
        ("1", "1.0"),
        ("9", "10"),
        ("", "1"),
        ("1.0dev", "1.0alpha"),
        ("1.0a1", "1.0b1"),
        ("1.0beta", "1.0RC1"),
        ("1.0rc1", "1.0"),
        ("1.0", "1.0pl1"),
        ("1.0xyz", "1.0dev"),
        ("1." + "9" * 4999, "1.1" + "0" * 5000),
        ("9" * 5000 + "b", "1" + "0" * 5000 + "a"),
        ("1.0-beta", "1.0"),
        ("XP", "8"),
    ],
)
def test_versions_are_ordered_as_php_orders_them(older: str, newer: str) -> None:
    """Numbers count as numbers, words in PHP's order, and what goes on with a number is newer."""
    assert compare(older, newer) < 0
    assert compare(newer, older) > 0


@pytest.mark.parametrize(
    ("left", "right"), [("", ""), ("1.2", "1.2"), ("1-2", "1.2"), ("1.0a", "1.0alpha"), ("01", "1")]
)
def test_different_spellings_of_a_version_are_equal(left: str, right: str) -> None:
    """Separators and leading zeros do not count."""
    assert compare(left, right) == 0
