"""What a column makes of a value: text is cut to its length, numbers are brought into its range.

What a strict database refuses in Matomo's rows of visits and actions keeps a request out before it comes here (the
engine's `InvalidRequest`). Its conversions and items are inserted with IGNORE, which stores a value as far as it
fits; and SQLite knows no limits at all. So values are made to fit here, for both, before anything is written. A
coercer takes a whole column of a batch, because most values fit and then it is only a look at each.

Source: https://mariadb.com/kb/en/sql-mode/, "Out-of-range values", "Data type storage".
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, TypeAlias

from qtd.store.column_type import ColumnType

#: Takes a column's values and returns what is stored; null stays null.
Coercer: TypeAlias = Callable[[list[Any]], list[Any]]

_LEADING_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_BEYOND_THREE_BYTES = re.compile("[\U00010000-\U0010ffff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Of an integer of 64 bits, with its sign.
_MOST_DIGITS = 20
_GREATEST_DOUBLE = 1.7976931348623157e308


def coercer(kind: ColumnType, *, charset: str | None = None) -> Coercer:
    """Return the coercer of a column; `charset` is that of its text, null for what takes all of Unicode.

    Moments are given as Unix seconds (UTC) or as text.
    """
    fitting: Coercer = list
    if kind.is_integer:
        fitting = _integers(*kind.integer_range)
    elif kind.is_text:
        fitting = _texts(kind, three_bytes=charset in ("utf8", "utf8mb3"))
    elif kind.is_moment:
        fitting = _moments
    elif kind.is_binary:
        fitting = _binaries(kind)
    elif kind.name == "decimal":
        fitting = _decimals(kind)
    elif kind.name == "float":
        fitting = _singles
    elif kind.name == "double":
        fitting = _doubles
    return fitting


def _integers(low: int, high: int) -> Coercer:
    def one(value: Any) -> int | None:
        if value is None:
            return None
        number = to_number(value)
        if isinstance(number, float):  # rounded half away from zero
            if not math.isfinite(number):
                return high if number > 0 else low
            number = math.floor(abs(number) + 0.5) * (1 if number >= 0 else -1)
        return min(max(number, low), high)

    def column(values: list[Any]) -> list[Any]:
        return [
            value if value is None or (type(value) is int and low <= value <= high) else one(value)
            for value in values
        ]

    return column


def to_number(value: Any) -> int | float:
    """A number as the database reads it: of a text its beginning, 0 where that is none."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, Decimal):
        return float(value)
    match = _LEADING_NUMBER.match(value if isinstance(value, str) else "")
    if match is None:
        return 0
    text = match.group()
    # Beyond 64 bits no column tells an integer from a float; and of thousands of digits Python makes no int.
    whole = len(text) <= _MOST_DIGITS and not any(sign in text for sign in ".eE")
    return int(text) if whole else float(text)


def _texts(kind: ColumnType, *, three_bytes: bool) -> Coercer:
    limit = kind.max_characters
    cut = _cut_bytes(kind.max_bytes) if limit is None and kind.max_bytes is not None else None
    padded = kind.name == "char"  # comes back without its trailing spaces

    def one(value: Any) -> str:
        text = value if isinstance(value, str) else str(value)
        if three_bytes:
            text = _BEYOND_THREE_BYTES.sub("\ufffd", text)
        text = cut(text) if cut is not None else text[:limit]
        return text.rstrip(" ") if padded else text

    if three_bytes or padded or limit is None:
        return lambda values: [None if value is None else one(value) for value in values]

    def column(values: list[Any]) -> list[Any]:
        return [
            value if value is None or (type(value) is str and len(value) <= limit) else one(value)
            for value in values
        ]

    return column


def _cut_bytes(limit: int) -> Callable[[str], str]:
    def cut(text: str) -> str:
        if len(text) * 4 <= limit:
            return text
        encoded = text.encode()
        return text if len(encoded) <= limit else encoded[:limit].decode(errors="ignore")

    return cut


def _binaries(kind: ColumnType) -> Coercer:
    limit = kind.max_bytes
    size = limit if kind.name == "binary" and limit is not None else 0

    def column(values: list[Any]) -> list[Any]:
        return [None if value is None else value[:limit].ljust(size, b"\0") for value in values]

    return column


@lru_cache(maxsize=4096)
def moment_text(seconds: int) -> str:
    """Unix seconds as `YYYY-MM-DD HH:MM:SS`, UTC."""
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")


def _moments(values: list[Any]) -> list[Any]:
    return [value if value is None or type(value) is str else moment_text(int(value)) for value in values]


def _decimals(kind: ColumnType) -> Coercer:
    unit = Decimal(1).scaleb(-kind.scale)
    greatest = Decimal(10) ** ((kind.size or 10) - kind.scale) - unit

    def one(value: Any) -> str:
        try:
            number = Decimal(value if isinstance(value, str | int | Decimal) else repr(value))
        except InvalidOperation:
            number = Decimal(repr(to_number(value)))
        if not number.is_finite():
            number = greatest if number > 0 else -greatest
        number = min(max(number, -greatest), greatest)
        return str(number.quantize(unit, ROUND_HALF_UP))

    return lambda values: [None if value is None else one(value) for value in values]


def _double(value: Any) -> float:
    number = float(to_number(value))
    if math.isnan(number):
        return 0.0
    return min(max(number, -_GREATEST_DOUBLE), _GREATEST_DOUBLE)


def _doubles(values: list[Any]) -> list[Any]:
    return [None if value is None else _double(value) for value in values]


def _singles(values: list[Any]) -> list[Any]:
    """FLOAT keeps 4 bytes, and is read with the six digits that those are good for."""
    return [None if value is None else _single(_double(value)) for value in values]


def _single(number: float) -> float:
    try:
        kept = struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        kept = math.copysign(3.4028234663852886e38, number)
    return float(f"{kept:.6g}")
