"""Amounts of money as Matomo keeps them: rounded to cents, in the site's currency."""

from __future__ import annotations

import sys
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")
#: From here on a double has no room for cents, and PHP's round leaves it alone.
_NO_CENTS = 1e13


def to_cents(amount: float) -> float:
    """The amount rounded to two decimals, half away from zero, as PHP's round does with decimal numbers.

    PHP takes 15 digits of the number for what was meant: 1.005 is rounded to 1.01, although the double is a
    bit less. What is beyond the greatest double becomes that.
    """
    if amount.is_integer():
        return amount
    if abs(amount) >= _NO_CENTS:
        return max(-sys.float_info.max, min(sys.float_info.max, amount))
    return float(Decimal(f"{amount:.15g}").quantize(_CENT, ROUND_HALF_UP))
