"""The order of version numbers, as PHP's version_compare has it (https://www.php.net/version_compare)."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_PARTS = re.compile(r"\d+|[^\d.]+", re.ASCII)
_SEPARATOR = re.compile(r"[^A-Za-z0-9]+")
#: Words in their order; a number stands between the last release candidate and the first patch level.
_RANKS = {"dev": 0, "alpha": 1, "a": 1, "beta": 2, "b": 2, "RC": 3, "rc": 3, "#": 4, "pl": 5, "p": 5}
_NUMBER = 4


def compare(left: str, right: str) -> int:
    """Negative, zero or positive as the left version is older than, equal to or newer than the right one."""
    if _PLAIN.fullmatch(left) and _PLAIN.fullmatch(right):
        numbers, others = [*map(_size, left.split("."))], [*map(_size, right.split("."))]
        return (numbers > others) - (numbers < others)
    if not left or not right:
        return bool(left) - bool(right)
    return _compare_parts(_parts(left), _parts(right))


def _parts(version: str) -> list[str]:
    return _PARTS.findall(_SEPARATOR.sub(".", version))


def _compare_parts(left: list[str], right: list[str]) -> int:
    for one, other in zip(left, right, strict=False):
        if one.isdigit() and other.isdigit():
            order = (_size(one) > _size(other)) - (_size(one) < _size(other))
        else:
            order = _rank(one) - _rank(other)
        if order:
            return order
    if len(left) > len(right):
        return _remainder(left[len(right)])
    if len(right) > len(left):
        return -_remainder(right[len(left)])
    return 0


def _size(digits: str) -> tuple[int, str]:
    """What numbers are ordered by; clients may send any number of digits, and Python makes no int of thousands."""
    significant = digits.lstrip("0")
    return len(significant), significant


def _remainder(part: str) -> int:
    """How a version that goes on with this part compares with one that ends here."""
    return 1 if part.isdigit() else _rank(part) - _NUMBER


def _rank(part: str) -> int:
    if part.isdigit():
        return _NUMBER
    return next((rank for word, rank in _RANKS.items() if part.startswith(word)), -1)
