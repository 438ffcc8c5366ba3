"""Pauses between attempts."""

from __future__ import annotations

from random import Random

from qtd.worker.backoff import Backoff


class Always(Random):
    """Draws the same each time."""

    def __init__(self, drawn: float) -> None:
        super().__init__(0)
        self._drawn = drawn

    def random(self) -> float:
        """Draw."""
        return self._drawn


def test_pauses_double_up_to_the_longest() -> None:
    """Each failure doubles the pause, a success begins anew; a thousand failures are no overflow."""
    backoff = Backoff(least=0.5, most=30, random=Always(1))
    assert [backoff.failed() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    for _ in range(2000):
        assert backoff.failed() == 30
    backoff.succeeded()
    assert backoff.failed() == 0.5


def test_pauses_differ_between_workers() -> None:
    """Up to a half is taken off at random, so that workers do not come back all at once; never more."""
    assert Backoff(least=1, most=8, random=Always(0)).failed() == 0.5
    drawn = {Backoff(least=1, most=8, random=Random(seed)).failed() for seed in range(20)}
    assert len(drawn) == 20
    assert all(0.5 <= pause <= 1 for pause in drawn)
