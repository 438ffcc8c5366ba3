"""Compares expected rows with those that are there, and names every column that differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from qtd.parity.scenario import Rows

#: Tables whose rows have an order; the others are compared as multisets.
_ORDERED = frozenset({"log_visit", "log_link_visit_action"})

#: Columns that hold the moment at which the recording was made.
_OF_THE_MOMENT = frozenset({("tracking_failure", "date_first_occurred")})

#: Stands for a row or column that is not there.
ABSENT = "(absent)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One column of one row that is not as expected."""

    table: str
    #: of the expected rows, from 0; of those that are too many, counted on
    row: int
    #: empty where the whole row is missing or too many
    column: str
    expected: Any
    got: Any


@dataclass(kw_only=True, slots=True)
class Comparison:
    """How a scenario went."""

    #: rows expected or there, whichever are more, and how many of them are equal
    rows: int = 0
    rows_equal: int = 0
    differences: list[Difference] = field(default_factory=list)


def compare(expected: Rows, got: Mapping[str, list[Any]]) -> Comparison:
    """Compare all tables that are expected."""
    result = Comparison()
    for table, recorded in expected.items():
        wanted = [_timeless(table, row) for row in recorded]
        there = got.get(table, [])
        pairs = list(_pairs(table, wanted, there))
        result.rows += len(pairs)
        for number, (one, other) in enumerate(pairs):
            differences = list(_differences(table, number, one, other))
            result.differences += differences
            result.rows_equal += not differences
    return result


def _timeless(table: str, row: Any) -> Any:
    open_columns = {column: {"any": "str"} for name, column in _OF_THE_MOMENT if name == table}
    return {**row, **open_columns} if open_columns else row


def _pairs(table: str, expected: list[Any], got: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Expected row and the one to compare it with; of unordered ones those that are most alike."""
    if table in _ORDERED:
        for number in range(max(len(expected), len(got))):
            yield (
                expected[number] if number < len(expected) else ABSENT,
                got[number] if number < len(got) else ABSENT,
            )
        return
    partners = _matched(expected, got)
    left = [number for number in range(len(got)) if number not in partners.values()]
    for number, one in enumerate(expected):
        if number in partners:
            yield one, got[partners[number]]
            continue
        nearest = min(left, key=lambda n: _distance(one, got[n]), default=None)
        if nearest is not None:
            left.remove(nearest)
        yield one, ABSENT if nearest is None else got[nearest]
    for number in left:
        yield ABSENT, got[number]


def _matched(expected: list[Any], got: list[Any]) -> dict[int, int]:
    """As many equal pairs as possible: expected row -> row that is there, by number.

    A row that leaves values open may be equal to several, so a pair may have to be given up again for another
    (Kuhn's algorithm for bipartite matchings).
    """
    equal = [[n for n, other in enumerate(got) if _equal_rows(one, other)] for one in expected]
    taken: dict[int, int] = {}

    def find(number: int, tried: set[int]) -> bool:
        for candidate in equal[number]:
            if candidate in tried:
                continue
            tried.add(candidate)
            if candidate not in taken or find(taken[candidate], tried):
                taken[candidate] = number
                return True
        return False

    for number in sorted(range(len(expected)), key=lambda n: len(equal[n])):
        find(number, set())
    return {number: candidate for candidate, number in taken.items()}


def _differences(table: str, number: int, expected: Any, got: Any) -> Iterator[Difference]:
    if not isinstance(expected, dict) or not isinstance(got, dict):
        if expected != got:
            yield Difference(table=table, row=number, column="", expected=expected, got=got)
        return
    for column in expected.keys() | got.keys():
        one, other = expected.get(column, ABSENT), got.get(column, ABSENT)
        if not _equal(one, other):
            yield Difference(table=table, row=number, column=column, expected=one, got=other)


def _equal_rows(expected: Any, got: Any) -> bool:
    if not isinstance(expected, dict) or not isinstance(got, dict):
        return bool(expected == got)
    return expected.keys() == got.keys() and all(_equal(one, got[column]) for column, one in expected.items())


def _distance(expected: Any, got: Any) -> int:
    if not isinstance(expected, dict) or not isinstance(got, dict):
        return int(expected != got)
    return sum(not _equal(one, got.get(column, ABSENT)) for column, one in expected.items())


def _equal(expected: Any, got: Any) -> bool:
    """Whether a value is the expected one; `{"any": type}` expects any value of its kind."""
    if isinstance(expected, dict) and "any" in expected:
        return bool(type(got).__name__ == expected["any"] and got != ABSENT)
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    return bool(expected == got)
