"""PHP's conversions of numbers and strings, on which Matomo's rules rest."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from html.entities import name2codepoint
from math import isfinite
from typing import Any
from urllib.parse import quote_plus, unquote_to_bytes

#: One tracking parameter as PHP parses it: text, or an array (lists have the keys 0, 1, 2 …); JSON bodies add the rest.
Param = Any

_NUMERIC = re.compile(r"[ \t\n\r\v\f]*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[ \t\n\r\v\f]*", re.ASCII)
_INTEGER = re.compile(r"[ \t\n\r\v\f]*([+-]?\d+)[ \t\n\r\v\f]*", re.ASCII)
_LEADING_NUMBER = re.compile(r"[ \t\n\r\v\f]*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)
#: Significant digits of a float as text.
_PRECISION = 14
_MAX_INT = 2**63 - 1
#: Any number with so many digits has more bits.
_BEYOND_64_BITS = 20
_MIN_INT = -(2**63)

#: From here on a double has no room for decimals, and PHP's round leaves it alone.
_NO_DECIMALS = 1e13
_PART_OF_CHARACTER = re.compile("[\udc80-\udcff]")
_SPECIAL = re.compile("[&<>\"'\0]")
_ENTITY = re.compile(r"&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|(\w+));", re.ASCII)
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#039;", "\0": None})
_BASIC = {"amp": "&", "lt": "<", "gt": ">", "quot": '"'}
_BASIC_CODES = frozenset(map(ord, "&<>\"'"))

_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}

WHITESPACE = " \t\n\r\0\x0b"


def trim(text: str) -> str:
    """PHP's trim: spaces, tabs, line ends, vertical tabs and NUL, but no other Unicode white space."""
    return text.strip(WHITESPACE)


def ascii_lower(text: str) -> str:
    """PHP's strtolower, which knows ASCII letters only."""
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)


def is_numeric(value: Param) -> bool:
    """Whether PHP 8 takes the value for a number (surrounding white space allowed, hexadecimal not)."""
    if isinstance(value, str):
        return _NUMERIC.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_integer(text: str) -> bool:
    """Whether the text is a whole number, of any size, with nothing but white space around it."""
    return _INTEGER.fullmatch(text) is not None


def integer_of(text: str) -> int:
    """A whole number that is written with or without sign; of one beyond 64 bits only that it is beyond them.

    Clients may send any number of digits, and Python refuses thousands of them with a ValueError.
    """
    digits = text.lstrip("+-").lstrip("0")
    number = int(digits[:_BEYOND_64_BITS] or 0)
    return -number if text.startswith("-") else number


def to_float(value: Param) -> float:
    """PHP's (float): the leading number of a text, 0.0 where there is none."""
    if isinstance(value, str):
        match = _LEADING_NUMBER.match(value)
        return float(match[1]) if match else 0.0
    if isinstance(value, int | float):
        return float(value)
    return 1.0 if value else 0.0


def to_int(value: Param) -> int:
    """PHP's (int): the leading number of a text, at most 64 bits of it, 0 where there is none."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        whole = _INTEGER.fullmatch(value)
        number: float = integer_of(whole[1]) if whole else to_float(value)
        return max(_MIN_INT, min(_MAX_INT, int(number))) if isfinite(number) else 0
    if isinstance(value, float):  # of a number, unlike of a text, the lowest 64 bits are taken
        return (int(value) + 2**63) % 2**64 - 2**63 if isfinite(value) else 0
    return 1 if value else 0


def float_text(number: float) -> str:
    """PHP's (string) of a float: 14 significant digits, `1.0E+25` where it is longer than that.

    Source: PHP's setting `precision`, which is 14 in all php.ini files that come with it.
    """
    if not isfinite(number):
        return "NAN" if number != number else "INF" if number > 0 else "-INF"  # noqa: PLR0124 - NaN is not itself
    mantissa, _, exponent = f"{number:.{_PRECISION - 1}e}".partition("e")
    power = int(exponent)
    if -5 < power < _PRECISION:
        return f"{number:.{_PRECISION}g}"
    digits = mantissa.rstrip("0")
    return f"{digits}0E{power:+d}" if digits.endswith(".") else f"{digits}E{power:+d}"


def round_half_up(number: float, digits: int) -> float:
    """The number rounded to so many decimals, half away from zero, as PHP's round does with decimal numbers.

    PHP takes 15 digits of the number for what was meant: 1.005 is rounded to 1.01, although the double is a bit less.
    A number that has no room for decimals stays.
    """
    if not abs(number) < _NO_DECIMALS:
        return number
    return float(Decimal(f"{number:.15g}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def survives_as_float(value: Param) -> bool:
    """Whether a number is the same after PHP's (string) of its (float): has no more than 14 significant digits.

    Matomo takes any other for a wrong one; `33.333333333333336`, say, as JavaScript prints a third of 100.
    """
    if isinstance(value, str) and len(value) <= _PRECISION:
        return True
    number = to_float(value)
    return isfinite(number) and float(float_text(number)) == number


def truthy(value: Param) -> bool:
    """PHP's (bool): false, null, 0, 0.0, the empty text, "0" and the empty array are false."""
    return bool(value) and value != "0"


def _decoded(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        code = name2codepoint.get(name)
        return match[0] if code is None else chr(code)
    digits, base = (decimal, 10) if decimal is not None else (hexadecimal, 16)
    code = int(digits, base) if len(digits) <= 10 else 0
    allowed = (
        0x20 <= code <= 0x7E
        or code in (0x09, 0x0A, 0x0D)
        or 0xA0 <= code <= 0xD7FF
        or 0xE000 <= code <= 0x10FFFF
    )
    return chr(code) if allowed else match[0]


def sanitize(text: str) -> str:
    """Matomo's cleaning of a text parameter: entities decoded, NUL removed, HTML's special characters escaped.

    So what is stored is safe to print in a page: `a &amp; b` and `a & b` both become `a &amp; b`.
    """
    if _SPECIAL.search(text) is None:
        return text
    if "&" in text:
        text = _ENTITY.sub(_decoded, text)
    return text.translate(_ESCAPES)


def _basic_decoded(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        return _BASIC.get(name, match[0])
    digits, base = (decimal, 10) if decimal is not None else (hexadecimal, 16)
    code = int(digits, base) if len(digits) <= 10 else 0
    return chr(code) if code in _BASIC_CODES else match[0]


def unsanitize(text: str) -> str:
    """The reverse of the escaping (only `& < > " '`), once: PHP's htmlspecialchars_decode with both quotes."""
    return _ENTITY.sub(_basic_decoded, text) if "&" in text else text


def cut_bytes(text: str, length: int) -> str:
    """The first `length` bytes of the text's UTF-8 form, as PHP's substr takes them.

    Of a character that is cut in two the bytes remain, as lone surrogates (Python's `surrogateescape`): see `is_whole`.
    """
    if len(text) * 4 <= length:
        return text
    encoded = text.encode("utf-8", "surrogateescape")
    return text if len(encoded) <= length else encoded[:length].decode("utf-8", "surrogateescape")


def is_whole(text: str) -> bool:
    """Whether no character was cut in two: the database takes no other text."""
    return text.isascii() or _PART_OF_CHARACTER.search(text) is None


def mended(text: str) -> str:
    """A text that was cut off within a character, as a database stores it that is told to make the best of it.

    Each byte that is left of the character becomes a question mark.
    """
    return text if is_whole(text) else _PART_OF_CHARACTER.sub("?", text)


def urldecode(text: str) -> str:
    """PHP's urldecode; bytes that are not UTF-8 become U+FFFD."""
    if "%" not in text:
        return text.replace("+", " ")
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "replace")


def urlencode(text: str) -> str:
    """PHP's urlencode: everything but letters, digits and `-_.` is escaped, spaces become `+`."""
    return quote_plus(text, safe="").replace("~", "%7E")
