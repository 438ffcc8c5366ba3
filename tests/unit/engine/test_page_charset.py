from __future__ import annotations

import pytest

from qtd.engine.page_charset import decoded_value, in_utf8


@pytest.mark.parametrize(
    ("value", "charset", "result"),
    [
        ("caf%E9", "ISO-8859-1", "caf%C3%A9"),
        ("%82%A0", "Shift_JIS", "%E3%81%82"),
        ("%C4%E3", "gb2312", "%E4%BD%A0"),
        ("a+b%2B", "iso-8859-1", "a+b%2B"),
        ("%C3%A9", "iso-8859-1", "%C3%83%C2%A9"),
        ("%98", "windows-1251", "%98"),
        ("%E9", "windows-1250", "%E9"),
        ("%E9", "rot13", "%E9"),
        ("%E9", "", "%E9"),
    ],
)
def test_values_are_read_in_the_pages_character_set(value: str, charset: str, result: str) -> None:
    """Those that are valid in it, in sets that PHP knows: checked with PHP 8.2."""
    assert in_utf8(value, charset) == result


def test_what_is_not_utf8_stays_encoded() -> None:
    """In PHP's spelling; all the rest is decoded."""
    assert decoded_value("caf%C3%A9+a%2Bb") == "caf\u00e9 a+b"
    assert decoded_value("caf%e9+a~b") == "caf%E9+a%7Eb"
