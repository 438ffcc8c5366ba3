"""The types of Matomo's columns: one notation, what it is on MariaDB/MySQL and on SQLite, and what fits in.

SQLite is given the same type names, because it keeps them as written and `PRAGMA table_info` tells them back;
only its affinity (https://sqlite.org/datatype3.html) follows from them. Some are spelt otherwise there: nothing
may follow the brackets (`unsigned int(10)`), an auto-increment column has to be INTEGER, and a decimal is kept
as text to stay exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine, UserDefinedType

#: Bytes of the integer types.
_INTEGER_BYTES = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "integer": 4, "bigint": 8}

#: The most bytes the text types hold.
_TEXT_BYTES = {"tinytext": 2**8 - 1, "text": 2**16 - 1, "mediumtext": 2**24 - 1, "longtext": 2**32 - 1}

_BLOB_BYTES = {"tinyblob": 2**8 - 1, "blob": 2**16 - 1, "mediumblob": 2**24 - 1, "longblob": 2**32 - 1}

#: How a decimal is declared on SQLite: the word TEXT in it makes for text affinity.
_SQLITE_DECIMAL = "decimal_text"

_NOTATION = re.compile(
    r"(?P<before>unsigned )?(?P<name>[a-z_]+)\s*(?:\((?P<size>\d+)(?:,(?P<scale>\d+))?\))?(?P<after>.*)",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnType:
    """A column's type, from the notation that MariaDB/MySQL print, such as `int(10) unsigned`."""

    #: `varchar`, `bigint`, … in lower case, `decimal` for all exact numbers
    name: str
    #: characters, bytes or digits; of integers only the width for display
    size: int | None = None
    #: digits behind the point of a decimal
    scale: int = 0
    unsigned: bool = False

    @property
    def is_integer(self) -> bool:
        """Whole numbers."""
        return self.name in _INTEGER_BYTES

    @property
    def integer_range(self) -> tuple[int, int]:
        """The least and the greatest whole number that fits."""
        bits = 8 * _INTEGER_BYTES[self.name]
        return (0, 2**bits - 1) if self.unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)

    @property
    def max_characters(self) -> int | None:
        """How many characters fit; null for what is no text, or is limited by bytes."""
        return self.size if self.name in ("varchar", "char") else None

    @property
    def max_bytes(self) -> int | None:
        """How many bytes fit; null for what is neither binary nor one of the long texts."""
        if self.name in ("binary", "varbinary"):
            return self.size
        return _TEXT_BYTES.get(self.name) or _BLOB_BYTES.get(self.name)

    @property
    def is_text(self) -> bool:
        """Characters, not bytes."""
        return self.name in ("varchar", "char") or self.name in _TEXT_BYTES

    @property
    def is_binary(self) -> bool:
        """Bytes."""
        return self.name in ("binary", "varbinary") or self.name in _BLOB_BYTES

    @property
    def is_moment(self) -> bool:
        """A date with time, `YYYY-MM-DD HH:MM:SS`."""
        return self.name in ("datetime", "timestamp")


def parse_type(notation: str) -> ColumnType:
    """Read a type as information_schema, SHOW COLUMNS or PRAGMA table_info give it."""
    match = _NOTATION.match(notation.strip().lower())
    if match is None:
        return ColumnType(name=notation)
    name = match["name"]
    if name in (_SQLITE_DECIMAL, "numeric"):
        name = "decimal"
    return ColumnType(
        name=name,
        size=int(match["size"]) if match["size"] else None,
        scale=int(match["scale"] or 0),
        unsigned=bool(match["before"]) or "unsigned" in match["after"],
    )


class _Declared(UserDefinedType[Any]):
    """A type whose name SQLite takes as it is."""

    cache_ok = True

    def __init__(self, notation: str) -> None:
        self.notation = notation

    def get_col_spec(self, **_: Any) -> str:
        return self.notation


def declare(notation: str, *, counted: bool = False, any_case: bool = False) -> TypeEngine[Any]:
    """Return the type for a `Column`; `counted` for an auto-increment one, `any_case` for equal in any case."""
    parsed = parse_type(notation)
    kind = mysql.INTEGER if parsed.name == "int" else getattr(mysql, parsed.name.upper())
    options: dict[str, Any] = {}
    if parsed.is_integer:
        options["display_width"] = parsed.size
        options["unsigned"] = parsed.unsigned
    elif parsed.name == "decimal":
        options = {"precision": parsed.size, "scale": parsed.scale}
    elif parsed.size is not None:
        options["length"] = parsed.size
    on_sqlite = notation
    if parsed.unsigned:
        on_sqlite = "unsigned " + notation.replace(" unsigned", "")
    if counted:
        on_sqlite = "INTEGER"
    elif parsed.name == "decimal":
        on_sqlite = notation.replace("decimal", _SQLITE_DECIMAL)
    if any_case:
        on_sqlite += " COLLATE NOCASE"
    declared: TypeEngine[Any] = kind(**options).with_variant(_Declared(on_sqlite), "sqlite")
    return declared
