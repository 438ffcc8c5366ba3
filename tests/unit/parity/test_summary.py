from __future__ import annotations

from qtd.parity.compare import Comparison, Difference
from qtd.parity.scenario import Scenario
from qtd.parity.summary import Summary, describe

SCENARIO = Scenario(group="visits", name="new visit", entries=[], rows={"log_visit": [{}, {}]})


def different(count: int) -> Comparison:
    """A comparison with this many differences in one row."""
    differences = [
        Difference(table="log_visit", row=0, column=f"c{number}", expected="x" * 500, got=None)
        for number in range(count)
    ]
    return Comparison(rows=2, rows_equal=1, differences=differences)


def test_all_equal_means_every_scenario() -> None:
    """One that differs or fails is enough."""
    equal, unequal, failed = Summary(), Summary(), Summary()
    for summary in (equal, unequal, failed):
        summary.add(SCENARIO, Comparison(rows=3, rows_equal=3))
    unequal.add(SCENARIO, different(1))
    failed.add_failed(SCENARIO)
    assert [summary.all_equal for summary in (equal, unequal, failed)] == [True, False, False]


def test_totals() -> None:
    """Equal scenarios and rows are counted; one that failed counts with all its rows."""
    summary = Summary()
    summary.add(SCENARIO, Comparison(rows=3, rows_equal=3))
    summary.add(SCENARIO, different(2))
    summary.add_failed(SCENARIO)
    assert summary.as_dict() == {"scenarios": 3, "equal": 1, "rows": 7, "rows_equal": 4}
    assert summary.unequal == [("visits", "new visit")] * 2
    lines = list(summary.lines())
    assert lines[0] == "1 of 3 scenarios equal, 4 of 7 rows"
    assert any("log_visit.c0" in line for line in lines)


def test_the_first_differences_are_described() -> None:
    """With scenario, row, column, expected and got; long values and long lists are cut."""
    lines = list(describe(SCENARIO, different(20)))
    assert lines[0] == "visits: new visit: 1 of 2 rows equal"
    assert lines[1].startswith("    log_visit[0].c0: expected 'xxx")
    assert lines[1].endswith("…, got None")
    assert lines[-1] == "    … and 12 more"
