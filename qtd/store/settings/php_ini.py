"""Reads PHP's INI format: sections, arrays, quoting and words for truth.

Source: the PHP manual on `parse_ini_string` in its normal mode. All scalars come back as text, truth as "1" and "".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

Value: TypeAlias = "str | dict[str, str]"
#: section -> key -> value; what comes before the first section has the section ""
Ini: TypeAlias = dict[str, dict[str, Value]]

_SECTION = re.compile(r"\[(?P<name>[^\]\n]*)\]")
_KEY = re.compile(r"(?P<key>[^=\[\n]+?)[ \t]*(?:\[(?P<index>[^\]\n]*)\])?[ \t]*=[ \t]*")
#: Without "=" a key has no value.
_BARE_KEY = re.compile(r"(?P<key>[^=\n;]+)")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SINGLE = re.compile(r"'([^']*)'", re.DOTALL)
_PLAIN = re.compile(r"[^;\n\"]*")
_ESCAPE = re.compile(r"\\([\\\"'])")

_TRUE = frozenset({"true", "on", "yes"})
_FALSE = frozenset({"false", "off", "no", "none", "null"})


def parse_ini(text: str) -> Ini:
    """Parse a file's text; of two equal keys the later one counts, `key[]` appends and `key[name]` names.

    Raises:
        ValueError: a line that is neither; says which.
    """
    ini: Ini = {}
    section = ini.setdefault("", {})
    for kind, name, index, value in _parts(text.replace("\r\n", "\n")):
        if kind == "section":
            section = ini.setdefault(name, {})
        elif index is None:
            section[name] = value
        else:
            array = section.get(name)
            if not isinstance(array, dict):
                array = section[name] = {}
            array[index or str(len(array))] = value
    return ini


def _parts(text: str) -> Iterator[tuple[str, str, str | None, str]]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif text[at] in ";#":
            at = _end_of_line(text, at)
        elif found := _SECTION.match(text, at):
            at = found.end()
            yield "section", found["name"].strip(), None, ""
        elif found := _KEY.match(text, at):
            value, at = _value(text, found.end())
            yield "value", found["key"].strip(), found["index"], value
        elif (found := _BARE_KEY.match(text, at)) and "[" not in found["key"]:
            at = found.end()
            yield "value", found["key"].strip(), None, ""
        else:
            line = text.count("\n", 0, at) + 1
            raise ValueError(f"line {line} is no section, key or comment")


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _value(text: str, at: int) -> tuple[str, int]:
    """A value, which may be put together of quoted and plain parts, and where it ends."""
    if found := _SINGLE.match(text, at):
        return found[1], _end_of_line(text, found.end())
    parts: list[str] = []
    quoted = False
    while at < len(text) and text[at] not in "\n;":
        if found := _DOUBLE.match(text, at):
            parts.append(_ESCAPE.sub(r"\1", found[1]))
            quoted = True
        else:
            found = _PLAIN.match(text, at)
            if found is None or not found.group():  # a quote that is never closed
                line = text.count("\n", 0, at) + 1
                raise ValueError(f"line {line}: a quote is not closed")
            parts.append(found.group() if quoted and found.group().strip() else found.group().strip())
        at = found.end()
    value = "".join(parts)
    if not quoted:
        value = {**dict.fromkeys(_TRUE, "1"), **dict.fromkeys(_FALSE, "")}.get(value.lower(), value)
    return value, _end_of_line(text, at)
