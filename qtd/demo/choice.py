"""Choosing among things that are not equally frequent."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Choice(Generic[Item]):
    """Items with their shares; the cumulated shares are computed once."""

    def __init__(self, items: Sequence[Item], shares: Sequence[float]) -> None:
        if not items or len(items) != len(shares) or min(shares) <= 0:
            raise ValueError("a choice needs items, and for each a share above zero")
        self.items = tuple(items)
        self._cumulated = list(accumulate(shares))

    @classmethod
    def falling(cls, items: Sequence[Item]) -> Choice[Item]:
        """The first is the most frequent, the n-th comes a n-th as often: what page counts look like."""
        return cls(items, [1 / rank for rank in range(1, len(items) + 1)])

    def draw(self, random: Random) -> Item:
        """One of the items."""
        return random.choices(self.items, cum_weights=self._cumulated)[0]
