"""Typed reading of a tracking request's parameters, with Matomo's defaults for what is missing or of a wrong type.

The rules are those of Matomo's tracking API (https://developer.matomo.org/api-reference/tracking-api) as Matomo 5
applies them: an empty value counts as missing, text is sanitized, a number that is not one is the default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

import orjson

from qtd.engine.php import (
    Param,
    float_text,
    integer_of,
    is_integer,
    is_numeric,
    sanitize,
    survives_as_float,
    to_float,
    to_int,
)

_FOUR_BYTES = re.compile("[\U00010000-\U0010ffff]")

#: Text given for a parameter that is an array, say: as good as none.
_NO_TEXT: Final = (list, dict, bool, type(None))

#: So many digits are never more than an integer of 64 bits holds.
_PLAIN_DIGITS: Final = 18


def sanitized(value: Param) -> Param:
    """Sanitize text at any depth of a JSON value; numbers stay what they are."""
    if isinstance(value, str):
        return value if is_numeric(value) else sanitize(value)
    if isinstance(value, Mapping):
        return {sanitized(key): sanitized(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [sanitized(inner) for inner in value]
    return value


def three_byte_text(value: Any) -> Any:
    """A parameter's value with U+FFFD for each character that needs four bytes in UTF-8; names stay as they are."""
    if isinstance(value, str):
        return value if value.isascii() else _FOUR_BYTES.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {key: three_byte_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [three_byte_text(inner) for inner in value]
    return value


class Params:
    """One tracking request's parameters; `raw` stays as it was queued."""

    __slots__ = ("raw",)

    def __init__(self, raw: Mapping[str, Param]) -> None:
        self.raw = raw

    def has(self, name: str) -> bool:
        """Whether the parameter is there at all (even empty); null is not there."""
        return self.raw.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """The sanitized text, or the default where it is missing, empty or not text."""
        value = self.raw.get(name)
        if isinstance(value, str):
            return sanitize(value) if value else default
        if isinstance(value, _NO_TEXT):
            return default
        return float_text(value) if isinstance(value, float) else str(value)

    def integer(self, name: str, default: int = 0) -> int:
        """The whole number; `1.5`, `1abc` or an array give the default, `1e3` is 1000."""
        value = self.raw.get(name)
        if value is None or value == "":
            return default
        if type(value) is str and len(value) <= _PLAIN_DIGITS and value.isdecimal() and value.isascii():
            return int(value)  # what clients send; the rest of the rules is for what they should not
        if isinstance(value, list | dict):
            return default
        if isinstance(value, bool):
            return int(value) if value else default
        if isinstance(value, str) and ("&" in value or "\0" in value):
            value = sanitize(value)
        if not is_numeric(value):
            return default
        whole = to_int(value)
        if isinstance(value, str):
            value = integer_of(value.strip()) if is_integer(value) else to_float(value)
        return whole if value == whole else default

    def number(self, name: str, wrong: float = 0.0) -> float | None:
        """The decimal number; null where it is missing or empty, `wrong` where it is none, or has too many digits."""
        value = self.raw.get(name)
        if value is None or value is False or value == "":
            return None
        if value is True:
            return 1.0
        if isinstance(value, str) and ("&" in value or "\0" in value):
            value = sanitize(value)
        if not is_numeric(value) or not survives_as_float(value):
            return wrong
        number = to_float(value)
        return number if isfinite(number) else wrong

    def json(self, name: str) -> Any:
        """The sanitized JSON value; null where it is missing, empty or not JSON."""
        value = self.raw.get(name)
        if isinstance(value, str):
            if not value:
                return None
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                return None
        return sanitized(value)
