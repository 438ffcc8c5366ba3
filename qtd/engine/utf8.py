"""Text whose bytes may not be UTF-8: escapes of a URL decoded without loss, and lower case as PHP makes it.

Bytes that are not UTF-8 are kept as lone surrogates (Python's `surrogateescape`) until a rule decides on
them.
"""

from __future__ import annotations

import codecs
import re
from urllib.parse import unquote_to_bytes

_STRAY_BYTE = re.compile("[\udc80-\udcff]")


def _question_mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - the handler is used for decoding only
    return "?", error.end


codecs.register_error("qtd.question_mark", _question_mark)


def decode_url(text: str) -> str:
    """PHP's urldecode: `+` is a space, `%XX` a byte; stray bytes are kept."""
    if "%" not in text:
        return text.replace("+", " ")
    escaped = text.replace("+", " ").encode("utf-8", "replace")
    return unquote_to_bytes(escaped).decode("utf-8", "surrogateescape")


def to_bytes(text: str) -> bytes:
    """The bytes of a decoded text, stray ones included."""
    return text.encode("utf-8", "surrogateescape")


def lower(text: str) -> str:
    """PHP 8.2's mb_strtolower: stray bytes become `?`, a final sigma is an ordinary one."""
    if text.isascii():
        return text.lower()
    if _STRAY_BYTE.search(text):
        text = to_bytes(text).decode("utf-8", "qtd.question_mark")
    return text.replace("\u03a3", "\u03c3").lower()
