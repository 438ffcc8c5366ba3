from __future__ import annotations

import pytest

from qtd.engine.utf8 import decode_url, lower, to_bytes


def test_decodes_escapes_without_losing_bytes() -> None:
    """Escapes are bytes, a plus is a space, and bytes that are not UTF-8 can be had back."""
    assert decode_url("a+b%20%C3%BC%zz") == "a b ü%zz"
    assert to_bytes(decode_url("%B2%E2ü")) == b"\xb2\xe2\xc3\xbc"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ABC", "abc"), ("ÄÖ", "äö"), ("ΟΔΟΣ", "οδοσ"), ("İ", "i̇"), ("A\udcff\udcfeÄ", "a??ä")],
)
def test_lowers_as_php_8_2(text: str, expected: str) -> None:
    """All of Unicode is lowered, a final sigma like any other; stray bytes become question marks."""
    assert lower(text) == expected


def test_one_question_mark_for_one_broken_character() -> None:
    """A character that was cut off is one question mark, however many of its bytes are there."""
    assert lower(decode_url("A%E2%82")) == "a?"
