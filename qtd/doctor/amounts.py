"""Numbers as people read them: bytes in units, counts with separators, spans of time."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ("KB", "MB", "GB", "TB")


def size(number: float) -> str:
    """Return bytes as `512 bytes`, `1.5 GB`; a unit is 1024 of the one before, as with Redis and MariaDB."""
    if abs(number) < 1024:
        return f"{number:.0f} bytes"
    for unit in _UNITS:
        number /= 1024
        if abs(number) < 1024 or unit == _UNITS[-1]:
            break
    return f"{number:.0f} {unit}" if abs(number) >= 100 else f"{number:.1f} {unit}"


def about(number: float) -> str:
    """Return a count with two significant digits, for what is estimated: `1,200,000`."""
    whole = max(int(number), 0)
    unit = int(10 ** max(len(str(whole)) - 2, 0))
    return f"{whole // unit * unit:,}"


def several(number: int, one: str, more: str = "") -> str:
    """Return `1 queue`, `4 queues`; `more` where the plural is not formed with an s."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"
