from __future__ import annotations

import sys
from math import inf

import pytest

from qtd.engine.revenue import to_cents


@pytest.mark.parametrize(
    ("amount", "kept"),
    [
        (12.345, 12.35),
        (1.005, 1.01),
        (-1.005, -1.01),
        (2.675, 2.68),
        (0.004, 0.0),
        (1e-9, 0.0),
        (0.125, 0.13),
        (7, 7.0),
        (99999999999999.0, 99999999999999.0),
        (123456789012.345, 123456789012.35),
        (12345678901234.567, 12345678901234.567),
    ],
)
def test_rounds_as_php(amount: float, kept: float) -> None:
    """Halves go away from zero, by the decimal digits that were meant; whole and huge numbers stay."""
    assert to_cents(float(amount)) == kept


@pytest.mark.parametrize("sign", [1, -1])
def test_infinity_is_the_greatest_number(sign: int) -> None:
    """A column can not hold infinity."""
    assert to_cents(sign * inf) == sign * sys.float_info.max
