"""Requests that the administrator excludes by their parameters ([Tracker] exclude_requests).

The setting is a list such as `e_c==Media,action_name=^private`: parameter, operator, value, without regard
to case.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from qtd.engine.params import Params
from qtd.engine.php import urldecode
from qtd.engine.utf8 import lower

_CONDITION = re.compile(r"(.+?)(==|!=|=@|!@|=\^|=\$)(.*)")

_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "==": lambda actual, value: actual == value,
    "!=": lambda actual, value: actual != value,
    "=@": lambda actual, value: value in actual,
    "!@": lambda actual, value: value not in actual,
    "=^": lambda actual, value: actual.startswith(value),
    "=$": lambda actual, value: actual.endswith(value),
}


class ExcludedRequests:
    """The conditions of one value of the setting; what is no condition is ignored."""

    __slots__ = ("_conditions",)

    def __init__(self, setting: str) -> None:
        self._conditions = [
            (found[1], _OPERATORS[found[2]], lower(urldecode(found[3])))
            for condition in setting.split(",")
            if (found := _CONDITION.match(condition))
        ]

    def __bool__(self) -> bool:
        return bool(self._conditions)

    def match(self, params: Params) -> bool:
        """Whether any condition holds; a missing parameter is the empty text."""
        return any(matches(lower(params.text(name)), value) for name, matches, value in self._conditions)


@lru_cache(maxsize=256)
def excluded_requests(setting: str) -> ExcludedRequests:
    """The conditions of a value of the setting; the same value gives the same object."""
    return ExcludedRequests(setting)
