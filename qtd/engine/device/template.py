"""Texts of a rule filled with what its pattern found: names, versions, models."""

from __future__ import annotations

import re

from qtd.engine.php import WHITESPACE

_TRAILING_TD = re.compile(r" TD\n?\Z", re.IGNORECASE)


def fill(template: str, match: re.Match[bytes]) -> str:
    """The text with `$1` … replaced by the match's groups, trimmed.

    As in Matomo only numbers up to the last group that took part, and the next one, are replaced.
    """
    if "$" not in template:
        return template.strip(WHITESPACE)
    groups = match.groups()
    count = len(groups)
    while count and groups[count - 1] is None:
        count -= 1
    for number in range(1, count + 2):
        mark = f"${number}"
        if mark in template:
            group = groups[number - 1] if number <= count else None
            template = template.replace(mark, group.decode("utf-8", "ignore") if group else "")
    return template.strip(WHITESPACE)


def fill_version(template: str, match: re.Match[bytes]) -> str:
    """A version, cut to major and minor number."""
    return version(fill(template, match))


def version(text: str) -> str:
    """Cut a version to its first two parts; `_` separates parts as `.` does."""
    text = text.strip(WHITESPACE).replace("_", ".")
    if text.count(".") > 1:
        text = ".".join(text.split(".", 2)[:2])
    return text.strip(" .")


def fill_model(template: str, match: re.Match[bytes]) -> str:
    """A model's name; `Build` and `0` are none."""
    model = _TRAILING_TD.sub("", fill(template, match).replace("_", " "))
    return "" if model in ("Build", "0") else model.strip(WHITESPACE)
