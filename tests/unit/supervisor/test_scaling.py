"""How many workers are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtd.config.root import Config
from qtd.supervisor.scaling import Bounds, Scaling
from tests.unit.supervisor.fakes import demand


def bounds(**changes: float) -> Bounds:
    """One to eight workers; more from 10 s of lag on, fewer after a minute of at most 2 s."""
    values: dict[str, Any] = {
        "least": 1,
        "most": 8,
        "up_lag": 10,
        "up_pause": 5,
        "down_lag": 2,
        "down_after": 60,
        "patience": 1,
    }
    return Bounds(**(values | changes))


def wanted(scaling: Scaling, lags: Sequence[float], *, begin: float = 0) -> list[int]:
    """The wanted number each second while the lag of one queue goes through `lags`."""
    numbers = []
    for second, lag in enumerate(lags):
        scaling.decide(demand(0, lag), begin + second)
        numbers.append(scaling.wanted)
    return numbers


def test_bounds_are_the_configurations() -> None:
    """A fixed number is a range of one; what waits to be joined by others is no lag."""
    fixed = Bounds.of(Config.model_validate({"workers": {"count": 3}, "batch": {"max_wait_seconds": 7}}))
    assert (fixed.least, fixed.most, fixed.patience) == (3, 3, 7)
    scaled = Bounds.of(Config.model_validate({"workers": {"min": 2, "scale_up_lag_seconds": 30}}))
    assert (scaled.least, scaled.most, scaled.up_lag) == (2, 4, 30)


def test_a_fixed_number_is_not_scaled() -> None:
    """Whatever the lag."""
    scaling = Scaling(bounds(least=3, most=3), wanted=0, now=0)
    assert wanted(scaling, [100] * 50 + [0] * 100) == [3] * 150


def test_a_peak_is_met_by_doubling() -> None:
    """At once, then after each pause, up to the most; the reason names queue and lag."""
    scaling = Scaling(bounds(), wanted=1, now=0)
    assert scaling.decide(demand(0, 11.4), 0) == "queue 1 lags 11 s, 10 s is too much"
    assert wanted(scaling, [20] * 20, begin=1) == [2] * 4 + [4] * 5 + [8] * 11


def test_the_patience_of_batches_is_no_lag() -> None:
    """10.9 s, of which 1 s was waiting for others, is not too much."""
    scaling = Scaling(bounds(), wanted=1, now=0)
    assert wanted(scaling, [10.9] * 30) == [1] * 30


def test_calm_takes_workers_away_one_by_one() -> None:
    """Each after the whole time, down to the least."""
    scaling = Scaling(bounds(), wanted=3, now=0)
    numbers = wanted(scaling, [0] * 200)
    assert [numbers.index(number) for number in (2, 1)] == [60, 120]
    assert numbers[-1] == 1


def test_calm_that_is_broken_begins_anew() -> None:
    """A lag between the two limits changes nothing, but it is no calm: 59 calm seconds are then worth nothing."""
    scaling = Scaling(bounds(), wanted=3, now=0)
    assert wanted(scaling, ([0] * 59 + [5]) * 10) == [3] * 600


def test_a_lag_that_swings_about_a_limit_changes_nothing() -> None:
    """Hysteresis: what makes more and what makes fewer lie apart."""
    scaling = Scaling(bounds(), wanted=2, now=0)
    assert wanted(scaling, [9, 2, 10, 1] * 100) == [2] * 400


def test_the_beginning_is_what_runs_within_the_bounds() -> None:
    """A supervisor that starts in a peak keeps the workers; more than the most, or fewer than the least, are not."""
    assert [Scaling(bounds(), wanted=found, now=0).wanted for found in (0, 5, 99)] == [1, 5, 8]


def test_other_bounds_hold_at_once() -> None:
    """With a reason only where that changes the number."""
    scaling = Scaling(bounds(), wanted=4, now=0)
    assert scaling.rebound(bounds(most=6)) is None
    assert scaling.rebound(bounds(most=2)) == "the configuration was changed"
    assert scaling.wanted == 2
