"""Query strings and form bodies to parameters, as PHP's parse_str does.

Values that are not UTF-8 are kept with U+FFFD for what can not be read: JSON has no place for the bytes, and
a visible mark is better than a lost hit.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import cast
from urllib.parse import unquote_to_bytes

from qtd.wire.php_array import MAX_VARIABLES, Param, Path, PhpArray, plain, register, variable_path

_LONGEST_CACHED_NAME = 100
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


def parse_query(query: bytes) -> dict[str, Param]:
    """Parse a query string (without its `?`); never fails, what PHP ignores is ignored.

    At most 1000 variables are read; empty parts between `&` do not count.
    """
    return _parameters([pair for pair in _ascii(query).split("&") if pair][:MAX_VARIABLES])


def parse_form(body: bytes) -> dict[str, Param]:
    """Parse an `application/x-www-form-urlencoded` body.

    PHP counts differently here: empty parts between `&` count, and there may be 1001.
    """
    return _parameters(_ascii(body).split("&")[: MAX_VARIABLES + 1])


def _parameters(pairs: list[str]) -> dict[str, Param]:
    """Register `name=value` pairs, ASCII and still URL-encoded, in their order."""
    array = PhpArray()
    nested = False
    for pair in pairs:
        name, _, value = pair.partition("=")
        # Long names are not remembered: a client must not fill our memory with them.
        path = _path(name) if len(name) <= _LONGEST_CACHED_NAME else _path.__wrapped__(name)
        if "%" in value or "+" in value:
            value = _decoded(value).decode("utf-8", "replace")
        if isinstance(path, str):  # most names are plain, and nothing is ever appended to the outermost array
            array[path] = value
        elif path is not None:
            nested = True
            register(array, path, value)
    # Untouched by nesting it holds only text, and is what `plain` would make of it.
    return plain(array) if nested else cast(dict[str, Param], dict(array))


@lru_cache(maxsize=4096)
def _path(name: str) -> Path | str | None:
    """Return the name's path, or just the name where it has only one part."""
    path = variable_path(_decoded(name) if "%" in name or "+" in name else name.encode("ascii"))
    return path[0] if path is not None and len(path) == 1 else path


def _decoded(text: str) -> bytes:
    return unquote_to_bytes(text.replace("+", " "))


def _ascii(raw: bytes) -> str:
    """Percent-encode what is not ASCII, which changes nothing for the decoder and lets it work on text."""
    if not raw.isascii():
        raw = _BEYOND_ASCII.sub(lambda match: b"%%%02X" % match[0][0], raw)
    return raw.decode("ascii")
