"""PHP's serialize format, as far as Matomo keeps lists in its option table: arrays of texts, numbers and truths."""

from __future__ import annotations

from typing import Any


def unserialize(data: bytes) -> Any:
    """Return the value: an array as a dict in its order, text decoded from UTF-8. Raises ValueError.

    Objects and references are refused; nothing of what is read is ever executed.
    """
    value, end = _value(data, 0)
    if end != len(data):
        raise ValueError(f"something follows the value at byte {end}")
    return value


def _value(data: bytes, start: int) -> tuple[Any, int]:
    """Return the value at `start`, and where the next one begins."""
    kind = data[start : start + 2]
    if kind == b"N;":
        return None, start + 2
    if kind == b"s:":
        return _text(data, start)
    if kind == b"a:":
        return _array(data, start)
    read = _NUMBERS.get(kind)
    end = data.find(b";", start)
    if read is None or end < 0:
        raise ValueError(f"no value at byte {start}")
    return read(data[start + 2 : end]), end + 1


_NUMBERS: dict[bytes, Any] = {b"i:": int, b"d:": float, b"b:": lambda digit: bool(int(digit))}


def _text(data: bytes, start: int) -> tuple[str, int]:
    size, begin = _size(data, start, b':"')
    end = begin + size
    if data[end : end + 2] != b'";':
        raise ValueError(f"no end of the text at byte {start}")
    return data[begin:end].decode(), end + 2


def _array(data: bytes, start: int) -> tuple[dict[int | str, Any], int]:
    size, position = _size(data, start, b":{")
    items: dict[int | str, Any] = {}
    for _ in range(size):
        key, position = _value(data, position)
        if not isinstance(key, int | str):
            raise ValueError(f"no key before byte {position}")  # noqa: TRY004 - the data is wrong, not the call
        items[key], position = _value(data, position)
    if data[position : position + 1] != b"}":
        raise ValueError(f"no end of the array at byte {start}")
    return items, position + 1


def _size(data: bytes, start: int, mark: bytes) -> tuple[int, int]:
    """Return the length behind the letter at `start`, and where what it measures begins."""
    end = data.find(mark, start + 2)
    digits = data[start + 2 : end] if end >= 0 else b""
    if not digits.isdigit():
        raise ValueError(f"no length at byte {start}")
    return int(digits), end + len(mark)
