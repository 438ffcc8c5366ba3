"""The patterns of device detection, written for PCRE: read into a tree, and written anew for Python's re.

Matomo matches bytes, without PCRE's UTF mode and ignoring the case of ASCII letters, and so do we. Of what the patterns
use, Python's re lacks one thing only: a look-behind whose alternatives differ in length.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

_TOKEN = re.compile(
    rb"\\x[0-9A-Fa-f]{2}"
    rb"|\\."
    rb"|\[\^?\]?(?:\\.|[^\]\\])*\]"
    rb"|\((?:\?(?:[:=!>|]|<[=!]|P?<\w+>|[^:=!>|<P]))?"
    rb"|[*+?][+?]?"
    rb"|\{\d+(?:,\d*)?\}[+?]?"
    rb"|.",
    re.DOTALL,
)
_LOOK_AROUND = frozenset((b"(?=", b"(?!", b"(?<=", b"(?<!"))
_PLAIN_GROUPS = frozenset((b"(", b"(?:", b"(?>"))
_ZERO_WIDTH = frozenset((b"^", b"$", rb"\b", rb"\B", rb"\A", rb"\z", rb"\Z"))
_CONTROLS = {ord("n"): 10, ord("r"): 13, ord("t"): 9, ord("f"): 12, ord("v"): 11, ord("a"): 7, ord("e"): 27}
_DIGITS = frozenset(b"0123456789")
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_")
_SPACE = frozenset(b" \t\n\r\v\f")
_CLASSES = {ord("d"): _DIGITS, ord("w"): _WORD, ord("s"): _SPACE}


class Byte(NamedTuple):
    """One byte, in lower case where it is an ASCII letter."""

    value: int


class OneOf(NamedTuple):
    """One byte of a set, in lower case; None where the set is too large to be worth listing."""

    values: frozenset[int] | None


class Group(NamedTuple):
    """Alternatives, each a sequence."""

    alternatives: list[Sequence]


class Repeat(NamedTuple):
    """A node at least so often; `most` is None where there is no limit."""

    node: Node
    least: int
    most: int | None


class ZeroWidth(NamedTuple):
    """A condition that consumes nothing."""


Node = Byte | OneOf | Group | Repeat | ZeroWidth
Sequence = list[Node]


class Pattern(NamedTuple):
    """A pattern understood: its text for Python's re, and its alternatives."""

    source: bytes
    alternatives: list[Sequence]


class UnsupportedPattern(ValueError):
    """The pattern uses what this reader does not know; it may still be fit for Python's re as it is."""


def parse(pattern: str) -> Pattern:
    """The pattern's text for Python's re (bytes, IGNORECASE) and its tree.

    Raises UnsupportedPattern for what the tree cannot show: back references, conditions, inline options.
    """
    reader = _Reader(pattern.encode())
    alternatives, _ = reader.alternatives(0)
    if reader.position < len(reader.tokens):
        raise UnsupportedPattern(f"unbalanced parenthesis in {pattern!r}")
    return Pattern(b"".join(reader.out), alternatives)


def _lower(value: int) -> int:
    return value + 32 if 65 <= value <= 90 else value


def _members(token: bytes) -> frozenset[int] | None:
    """The bytes that a class such as `[A-C_]` allows; None where it excludes."""
    body = token[1:-1]
    if body.startswith(b"^"):
        return None
    values: set[int] = set()
    items = re.findall(rb"\\x[0-9A-Fa-f]{2}|\\.|.", body, re.DOTALL)
    index = 0
    while index < len(items):
        low = _class_item(items[index])
        index += 1
        if isinstance(low, frozenset):
            values |= low
        elif index + 1 < len(items) and items[index] == b"-":
            high = _class_item(items[index + 1])
            if low < 0 or isinstance(high, frozenset) or high < low:
                return None
            values |= {_lower(value) for value in range(low, high + 1)}
            index += 2
        elif low < 0:
            return None
        else:
            values.add(_lower(low))
    return frozenset(values)


def _class_item(item: bytes) -> int | frozenset[int]:
    """A byte, a class's bytes, or -1 where the item stands for something else."""
    if item[0] != 0x5C:
        return item[0]
    if item[1:2] == b"x" and len(item) == 4:
        return int(item[2:], base=16)  # noqa: FURB166 - `\x` is no prefix that int knows
    code = item[1]
    if code in _CLASSES:
        return _CLASSES[code]
    if code in _CONTROLS:
        return _CONTROLS[code]
    return -1 if chr(code).isalnum() else code


def _atom(token: bytes) -> Node:  # noqa: PLR0911 - one for each kind of node
    """The node of a token that is no parenthesis, bar or quantifier."""
    if token in _ZERO_WIDTH:
        return ZeroWidth()
    if token == b".":
        return OneOf(None)
    if token[0] == 0x5B and len(token) > 1:
        return OneOf(_members(token))
    if token[0] == 0x5C and len(token) > 1:
        item = _class_item(token)
        if isinstance(item, frozenset):
            return OneOf(item)
        if item >= 0:
            return Byte(_lower(item))
        if token[1:2] in (b"D", b"W", b"S", b"N", b"h", b"H", b"V", b"R"):
            return OneOf(None)
        raise UnsupportedPattern(f"escape {token!r}")
    return Byte(_lower(token[0]))


class _Reader:
    def __init__(self, pattern: bytes) -> None:
        self.tokens: list[bytes] = _TOKEN.findall(pattern)
        self.position = 0
        self.out: list[bytes] = []

    def alternatives(self, depth: int) -> tuple[list[Sequence], list[int]]:
        """Alternatives up to the closing parenthesis, and the places of their bars in `out`."""
        sequence: Sequence = []
        found = [sequence]
        bars: list[int] = []
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            first = token[0]
            if first == 0x29:  # )
                if depth:
                    break
                raise UnsupportedPattern("unbalanced parenthesis")
            self.position += 1
            if first == 0x7C:  # |
                bars.append(len(self.out))
                self.out.append(token)
                sequence = []
                found.append(sequence)
            elif first == 0x28:  # (
                sequence.append(self._group(token, depth))
            elif first in b"*+?" or (first == 0x7B and len(token) > 1):
                self._quantify(sequence, token)
            else:
                self.out.append(token)
                sequence.append(_atom(token))
        return found, bars

    def _group(self, opening: bytes, depth: int) -> Node:
        start = len(self.out)
        self.out.append(opening)
        if opening not in _PLAIN_GROUPS and opening not in _LOOK_AROUND:
            raise UnsupportedPattern(f"group {opening!r}")
        alternatives, bars = self.alternatives(depth + 1)
        if self.position >= len(self.tokens):
            raise UnsupportedPattern("missing closing parenthesis")
        self.position += 1
        self.out.append(b")")
        if opening not in _LOOK_AROUND:
            return Group(alternatives)
        if opening.startswith(b"(?<") and bars:
            self._split_look_behind(opening, start, bars)
        return ZeroWidth()

    def _split_look_behind(self, opening: bytes, start: int, bars: list[int]) -> None:
        """One look-behind for each alternative: `(?<!a|bc)` is `(?<!a)(?<!bc)`, `(?<=a|bc)` is `(?:(?<=a)|(?<=bc))`."""
        edges = [start, *bars, len(self.out) - 1]
        parts = [b"".join(self.out[low + 1 : high]) for low, high in pairwise(edges)]
        behind = [opening + part + b")" for part in parts]
        joined = b"".join(behind) if opening == b"(?<!" else b"(?:" + b"|".join(behind) + b")"
        self.out[start:] = [joined]

    def _quantify(self, sequence: Sequence, token: bytes) -> None:
        if not sequence:
            raise UnsupportedPattern("nothing to repeat")
        self.out.append(token)
        node = sequence[-1]
        if isinstance(node, ZeroWidth):
            return
        if token[0] == 0x7B:
            bounds = token[1 : token.index(b"}")].split(b",")
            least = int(bounds[0])
            most = least if len(bounds) == 1 else int(bounds[1]) if bounds[1] else None
        else:
            least = 1 if token[0] == 0x2B else 0
            most = 1 if token[0] == 0x3F else None
        sequence[-1] = Repeat(node, least, most)
