from __future__ import annotations

from math import inf
from typing import Any

import pytest

from qtd.engine.php import (
    ascii_lower,
    cut_bytes,
    float_text,
    is_integer,
    is_numeric,
    is_whole,
    mended,
    round_half_up,
    sanitize,
    survives_as_float,
    to_float,
    to_int,
    trim,
    truthy,
    unsanitize,
    urldecode,
    urlencode,
)


@pytest.mark.parametrize("value", ["1", " 1", "1 ", "\n1\n", "-1.5", "+.5", "1.", "1e3", 1, 1.5])
def test_numbers_may_have_white_space_around_them(value: Any) -> None:
    """As PHP 8 takes them, in texts and out of JSON."""
    assert is_numeric(value)


@pytest.mark.parametrize("value", ["", " ", "1a", "0x1A", "1_000", "1,5", "\u0661", True, None, [], "INF"])
def test_what_is_no_number(value: Any) -> None:
    """Hexadecimal, other scripts' digits and truth values are none."""
    assert not is_numeric(value)


def test_integers_are_whole_and_of_any_size() -> None:
    """White space around them does not matter."""
    assert is_integer(" -12\n")
    assert is_integer("9" * 30)
    assert not is_integer("1.0")


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("12", 12),
        ("  12abc", 12),
        ("1e3", 1000),
        ("-1.9", -1),
        ("abc", 0),
        ("9" * 30, 2**63 - 1),
        ("-" + "9" * 30, -(2**63)),
        ("9" * 5000, 2**63 - 1),
        ("-" + "9" * 5000, -(2**63)),
        ("0" * 5000 + "12", 12),
        ("0." + "9" * 5000, 1),
        ("1e30", 2**63 - 1),
        ("1e400", 0),
        (1e30, 5076964154930102272),
        (float("inf"), 0),
        (True, 1),
        ([], 0),
        (["a"], 1),
    ],
)
def test_to_int_takes_what_php_takes(value: Any, number: int) -> None:
    """A text is cut to 64 bits, of a float the lowest 64 bits remain: checked with PHP 8.2."""
    assert to_int(value) == number


def test_to_float_takes_the_leading_number() -> None:
    """And 0 where there is none."""
    values: list[Any] = ["1.5kg", "kg", ".5", True, []]
    assert [to_float(value) for value in values] == [1.5, 0.0, 0.5, 1.0, 0.0]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (-1.5, "-1.5"),
        (0.1 + 0.2, "0.3"),
        (1e14, "1.0E+14"),
        (99999999999999.0, "99999999999999"),
        (1e25, "1.0E+25"),
        (1.25e-7, "1.25E-7"),
        (0.0001, "0.0001"),
        (1e-5, "1.0E-5"),
        (float("-inf"), "-INF"),
        (float("nan"), "NAN"),
    ],
)
def test_floats_have_fourteen_digits_as_text(number: float, text: str) -> None:
    """PHP's default precision: checked with PHP 8.2."""
    assert float_text(number) == text


@pytest.mark.parametrize(
    ("value", "survives"),
    [("19.99", True), ("33.333333333333336", False), ("3.14159265358979", False), (1e14, True)],
)
def test_numbers_with_more_digits_do_not_survive(value: Any, survives: bool) -> None:  # noqa: FBT001
    """Matomo compares a decimal with PHP's text of it, and so refuses what JavaScript prints of a third of 100."""
    assert survives_as_float(value) is survives


def test_false_values() -> None:
    """The text "0" is false, and "0.0" is not."""
    assert not any(map(truthy, ("", "0", 0, 0.0, None, False, [], {})))
    assert all(map(truthy, ("0.0", " ", "false", [0], 1)))


def test_white_space_is_ascii_only() -> None:
    """A no-break space stays."""
    assert trim(" \t\n\r\0\x0b a \u00a0\t") == "a \u00a0"


def test_lower_case_is_ascii_only() -> None:
    """PHP's strtolower leaves other letters alone."""
    assert ascii_lower("AÄ") == "aÄ"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a & b", "a &amp; b"),
        ("a &amp; b", "a &amp; b"),
        ("&amp;amp;", "&amp;amp;"),
        ("<b>\"'", "&lt;b&gt;&quot;&#039;"),
        ("&eacute;&#233;&#xE9;", "\u00e9\u00e9\u00e9"),
        ("a\0b", "ab"),
        ("&apos; &nothing; &#1;", "&amp;apos; &amp;nothing; &amp;#1;"),
    ],
)
def test_sanitize_decodes_once_and_escapes(text: str, clean: str) -> None:
    """So that the same text is stored however often it was escaped before; unknown entities are text."""
    assert sanitize(text) == clean


def test_unsanitize_is_the_reverse_of_the_escaping() -> None:
    """Only of what is escaped: other entities stay."""
    assert unsanitize(sanitize('<a href="x">\'&') + "&eacute;") == '<a href="x">\'&&eacute;'


def test_cutting_is_by_bytes() -> None:
    """A character that is cut in two leaves its bytes, which no column takes."""
    assert cut_bytes("\u00e4\u00e4", 2) == "\u00e4"
    broken = cut_bytes("a\u00e4", 2)
    assert not is_whole(broken)
    assert mended(broken) == "a?"
    assert is_whole("a\u00e4\U0001f600")
    assert cut_bytes(cut_bytes("\u65e5\u672c", 5), 4) == cut_bytes("\u65e5\u672c", 4)


def test_url_encoding() -> None:
    """A space is +, a tilde is escaped, and stray bytes become U+FFFD."""
    assert urlencode("a b~-_.\u00e4") == "a+b%7E-_.%C3%A4"
    assert urldecode("a+b%7E%FF") == "a b~\ufffd"


@pytest.mark.parametrize(
    ("number", "rounded"),
    [(37.7915, 37.792), (-37.7915, -37.792), (51.7499, 51.75), (1e30, 1e30), (inf, inf), (0.0004, 0.0)],
)
def test_rounding_as_php(number: float, rounded: float) -> None:
    """Half a digit goes away from zero, by the digits that were meant: the double of 37.7915 is a bit less."""
    assert round_half_up(number, 3) == rounded
