"""Amounts of money as Matomo keeps them: rounded to cents, in the site's currency."""

from __future__ import annotations

import sys

from qtd.engine.php import round_half_up


def to_cents(amount: float) -> float:
    """The amount rounded to two decimals; what is beyond the greatest double becomes that."""
    if amount.is_integer():
        return amount
    return max(-sys.float_info.max, min(sys.float_info.max, round_half_up(amount, 2)))
