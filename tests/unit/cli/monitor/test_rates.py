"""Rates from looks at different moments."""

from __future__ import annotations

import pytest

from qtd.cli.monitor.look import Look
from qtd.cli.monitor.rates import Rate, Rates, total
from tests.unit.cli.monitor.looks import backlog, look


def one(waiting: int, recorded: int | None, moment: float) -> Look:
    """A look at one queue."""
    return look(backlog(0, waiting, 1.0), moment=moment, recorded=None if recorded is None else [recorded])


@pytest.mark.parametrize(
    ("before", "after", "into", "out"),
    [
        ((100, 1000), (120, 1040), 30, 20),  # 20 more wait, 40 were recorded: 60 came in two seconds
        ((100, 1000), (0, 1100), 0, 50),
        ((100, 1000), (100, 1000), 0, 0),
        ((0, 1000), (50, 1000), 25, 0),
        ((100, 1000), (40, 1000), 0, 30),  # the plugin's processors count nothing
        ((100, 1000), (40, 900), 0, 30),  # the database was restored
        ((500, 1000), (0, 1010), 0, 5),  # the plugin and qtd in turns: no less than nothing came
        ((100, None), (40, 1000), 0, 30),  # the database did not answer at first
        ((100, 1000), (140, None), 20, 0),
    ],
)
def test_what_comes_and_goes(
    before: tuple[int, int | None], after: tuple[int, int | None], into: float, out: float
) -> None:
    """Out is what the ledger counts, or else how much shorter the queue got; in is that and the difference."""
    rates = Rates()
    assert rates.add(one(*before, 10)) == {}
    assert rates.add(one(*after, 12)) == {0: Rate(into=into, out=out)}


def test_rates_are_means_over_ten_seconds() -> None:
    """What was before does not count any more; two looks that lie farther apart are compared all the same."""
    rates = Rates()
    recorded = [0, 600, 600, 600, 600, 600, 600, 600]
    found = [rates.add(one(0, entries, 2.0 * turn)) for turn, entries in enumerate(recorded)]
    assert [round(rate[0].out) for rate in found[1:]] == [300, 150, 100, 75, 60, 0, 0]
    assert rates.add(one(0, 1600, 114.0))[0].out == pytest.approx(10)


def test_an_outage_is_seen_as_a_whole() -> None:
    """While the broker is away there are no rates; then what went on meanwhile is part of the mean."""
    rates = Rates()
    rates.add(one(100, 0, 0))
    assert rates.add(look(moment=2, backlogs=None)) == {}
    assert rates.add(one(100, 40, 4)) == {0: Rate(into=10, out=10)}


def test_another_number_of_queues_begins_anew() -> None:
    """What was in which queue tells nothing then."""
    rates = Rates()
    rates.add(one(100, 0, 0))
    assert rates.add(look(backlog(0, 1), backlog(1, 1), moment=2)) == {}
    assert len(rates.add(look(backlog(0, 1), backlog(1, 1), moment=4))) == 2


def test_the_total_is_of_all_queues() -> None:
    """None before anything is known."""
    assert total({}) is None
    assert total({0: Rate(into=1, out=2), 1: Rate(into=3, out=4)}) == Rate(into=4, out=6)
