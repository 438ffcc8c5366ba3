from __future__ import annotations

import pytest

from qtd.engine.charset import to_utf8


def words(encoded: bytes) -> str:
    """Text as it comes out of a URL, stray bytes kept."""
    return encoded.decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("encoded", "charsets", "expected"),
    [
        ("测试".encode("gb2312"), ("gb2312",), "测试"),
        ("测试".encode("gb2312"), ("UTF-8", "gb2312"), "测试"),
        ("测试".encode(), ("UTF-8", "gb2312"), "测试"),
        ("価格".encode("euc-jp"), ("utf-8", "euc-jp", "ms932"), "価格"),
        ("тест".encode("cp1251"), ("UTF-8", "windows-1251"), "тест"),
        ("café".encode("latin-1"), ("ISO-8859-1",), "café"),
        ("počasí".encode("cp1250"), ("windows-1250",), "počasí"),
        (b"plain", ("gb2312",), "plain"),
        ("ü".encode(), (), "ü"),
    ],
)
def test_reads_words_in_their_character_set(encoded: bytes, charsets: tuple[str, ...], expected: str) -> None:
    """The first character set in which the bytes are valid is theirs."""
    assert to_utf8(words(encoded), charsets) == expected


def test_drops_what_is_not_valid() -> None:
    """Bytes that the only character set does not have are dropped, as iconv does with //IGNORE."""
    assert to_utf8(words("测试".encode()), ("gb2312",)) == "娴璇"


@pytest.mark.parametrize("charsets", [("gb2312",), ("no-such-set",)])
def test_keeps_what_it_can_not_read(charsets: tuple[str, ...]) -> None:
    """A text that ends within a character, or whose character set is unknown, stays as it is."""
    assert to_utf8("caf\udce9", charsets) == "caf\udce9"
