"""Adds up how scenarios went, and says so: for people by scenario, table and column, for scripts in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from qtd.parity.compare import Comparison, Difference
from qtd.parity.scenario import Scenario

#: Differences that are shown of one scenario.
_SHOWN = 8

#: Characters of a value that are shown.
_WIDTH = 120


@dataclass(kw_only=True)
class Summary:
    """All scenarios so far."""

    scenarios: int = 0
    equal: int = 0
    rows: int = 0
    rows_equal: int = 0
    #: (table, column) -> in how many rows it differs; no column where the row is missing or too many
    columns: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: scenarios that could not be run to their end
    failed: int = 0
    #: group and name of the scenarios that differ or failed
    unequal: list[tuple[str, str]] = field(default_factory=list)

    def add(self, scenario: Scenario, comparison: Comparison) -> None:
        """Count a scenario."""
        self.scenarios += 1
        if comparison.differences:
            self.unequal.append((scenario.group, scenario.name))
        self.equal += not comparison.differences
        self.rows += comparison.rows
        self.rows_equal += comparison.rows_equal
        self.columns.update((difference.table, difference.column) for difference in comparison.differences)

    def add_failed(self, scenario: Scenario) -> None:
        """Count a scenario that ended in an error: all its rows are wrong."""
        self.scenarios += 1
        self.failed += 1
        self.unequal.append((scenario.group, scenario.name))
        self.rows += sum(map(len, scenario.rows.values()))

    @property
    def all_equal(self) -> bool:
        """Whether nothing differs."""
        return self.equal == self.scenarios

    def as_dict(self) -> dict[str, int]:
        """The totals."""
        return {
            "scenarios": self.scenarios,
            "equal": self.equal,
            "rows": self.rows,
            "rows_equal": self.rows_equal,
        }

    def lines(self) -> Iterator[str]:
        """The totals, and what differs most."""
        yield f"{self.equal} of {self.scenarios} scenarios equal, {self.rows_equal} of {self.rows} rows"
        if self.failed:
            yield f"{self.failed} scenarios ended in an error"
        for (table, column), count in self.columns.most_common():
            yield (
                f"  {count:6d}  {table}.{column}"
                if column
                else f"  {count:6d}  {table}: rows missing or too many"
            )


def describe(scenario: Scenario, comparison: Comparison) -> Iterator[str]:
    """What is different in a scenario, first things first."""
    yield f"{scenario.group}: {scenario.name}: {comparison.rows_equal} of {comparison.rows} rows equal"
    for difference in comparison.differences[:_SHOWN]:
        yield f"    {_place(difference)}: expected {_short(difference.expected)}, got {_short(difference.got)}"
    if len(comparison.differences) > _SHOWN:
        yield f"    … and {len(comparison.differences) - _SHOWN} more"


def _place(difference: Difference) -> str:
    place = f"{difference.table}[{difference.row}]"
    return f"{place}.{difference.column}" if difference.column else place


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
