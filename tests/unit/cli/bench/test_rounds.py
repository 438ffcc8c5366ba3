from __future__ import annotations

from qtd.cli.bench.rounds import Spread


def test_spread_has_median_least_and_most() -> None:
    """The median is the middle one, or the mean of the two in the middle."""
    assert Spread.of([3.0, 1.0, 10.0]) == Spread(median=3.0, min=1.0, max=10.0)
    assert Spread.of([1.0, 2.0, 3.0, 10.0]).median == 2.5


def test_spread_is_told_to_people_and_to_programs() -> None:
    """Thousands are grouped for people; for programs the numbers are rounded."""
    spread = Spread.of([5123.456, 4999.96, 6000.0])
    assert spread.text() == "5,123 (5,000 to 6,000)"
    assert spread.as_dict() == {"median": 5123.5, "min": 5000.0, "max": 6000.0}
