from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.params import Params, sanitized, three_byte_text


def of(value: Any) -> Params:
    """Parameters with one of them, `p`."""
    return Params({"p": value})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("<a>", "&lt;a&gt;"),
        ("0", "0"),
        (12, "12"),
        (1.5, "1.5"),
        (1e25, "1.0E+25"),
        ("", "default"),
        (True, "default"),
        (None, "default"),
        ([], "default"),
        (["a"], "default"),
        ({"a": "b"}, "default"),
    ],
)
def test_text(value: Any, text: str) -> None:
    """Numbers of JSON are text; what is empty, an array or a truth value is the default."""
    assert of(value).text("p", "default") == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("1e3", 1000),
        ("7.0", 7),
        ("&#55;", 7),
        ("7\0", 7),
        (7, 7),
        (7.0, 7),
        (True, 1),
        ("9223372036854775807", 2**63 - 1),
        (123456789012345678, 123456789012345678),
        ("7.5", -1),
        ("7a", -1),
        ("", -1),
        (False, -1),
        (["7"], -1),
        ("9223372036854775808", -1),
        ("9" * 5000, -1),
        ("-" + "9" * 5000, -1),
        ("0" * 5000 + "7", 7),
        ("1e30", -1),
    ],
)
def test_integer(value: Any, number: int) -> None:
    """Every notation of a whole number of 64 bits; anything else is the default."""
    assert of(value).integer("p", -1) == number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1.50", 1.5),
        ("-1e3", -1000.0),
        (2, 2.0),
        (True, 1.0),
        ("abc", 9.0),
        ("1,5", 9.0),
        (["1"], 9.0),
        ("33.333333333333336", 9.0),
        ("1e400", 9.0),
        ("", None),
        (None, None),
        (False, None),
    ],
)
def test_number(value: Any, number: float | None) -> None:
    """What is missing is null, what is wrong is what the caller says."""
    assert of(value).number("p", wrong=9.0) == number


def test_json_is_sanitized_at_any_depth() -> None:
    """Keys too; numbers stay numbers, and what is not JSON is null."""
    assert of('{"<": ["&", 1, null, {"a": "\\u003e"}]}').json("p") == {
        "&lt;": ["&amp;", 1, None, {"a": "&gt;"}]
    }
    assert of(["<"]).json("p") == ["&lt;"]
    assert of("{").json("p") is None
    assert of("").json("p") is None
    assert sanitized(" 1 ") == " 1 "


def test_null_is_not_there() -> None:
    """An empty text is."""
    assert of("").has("p")
    assert not of(None).has("p")
    assert not of("").has("q")


def test_three_byte_text_is_replaced_at_any_depth() -> None:
    """In values, not in names; what needs three bytes stays."""
    given = {"\U0001f600": ["a\U0001f600", {"x": "\u20ac"}, 1]}
    assert three_byte_text(given) == {"\U0001f600": ["a\ufffd", {"x": "\u20ac"}, 1]}
