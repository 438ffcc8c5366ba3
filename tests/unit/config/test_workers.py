"""How many workers there may be, and what contradicts itself."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from qtd.config.root import Config


@pytest.mark.parametrize(
    ("workers", "least", "most"),
    [
        ({}, 4, 4),
        ({"count": 2}, 2, 2),
        ({"min": 2}, 2, 4),
        ({"max": 3}, 1, 3),
        ({"min": 2, "max": 3}, 2, 3),
        ({"min": 4}, 4, 4),
    ],
)
def test_a_number_or_a_range(workers: dict[str, int], least: int, most: int) -> None:
    """`count` is fixed; `min` and `max` are a range, of which either end may be left out."""
    config = Config.model_validate({"queue": {"count": 4}, "workers": workers})
    assert (config.least_workers, config.worker_count) == (least, most)


@pytest.mark.parametrize(
    ("workers", "words"),
    [
        ({"count": 5}, r"more than queue\.count"),
        ({"min": 5}, r"more than queue\.count"),
        ({"max": 5}, r"more than queue\.count"),
        ({"count": 1, "min": 1}, "either count, or min and max"),
        ({"count": 1, "max": 1}, "either count, or min and max"),
        ({"min": 3, "max": 2}, "must not exceed max"),
        ({"scale_down_lag_seconds": 10}, "must be less than scale_up_lag_seconds"),
        ({"min": 0}, "greater than or equal to 1"),
    ],
)
def test_contradictions_are_refused(workers: dict[str, int], words: str) -> None:
    """More workers than queues, both ways at once, a range upside down, no hysteresis."""
    with pytest.raises(ValidationError, match=words):
        Config.model_validate({"queue": {"count": 4}, "workers": workers})
