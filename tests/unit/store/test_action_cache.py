from __future__ import annotations

from qtd.store.action_cache import ActionCache
from tests.fake_clock import FakeClock


def test_names_are_found_again() -> None:
    """What was put is got, whatever its type."""
    cache = ActionCache(FakeClock())
    cache.put((1, "a"), 7)
    assert cache.get((1, "a")) == 7
    assert cache.get((4, "a")) is None


def test_memory_is_bounded_and_what_is_used_stays() -> None:
    """Of many names at most `size` characters are kept; one that is asked for again and again is among them."""
    cache = ActionCache(FakeClock(), size=1000)
    cache.put((1, "used"), 1)
    for number in range(10_000):
        cache.put((1, f"name{number:06}"), number)
        assert cache.get((1, "used")) == 1
    assert len(cache) <= 100


def test_unused_names_are_forgotten_after_two_hours() -> None:
    """Matomo may purge an action that no row refers to; so nothing is remembered that was not used lately."""
    clock = FakeClock()
    cache = ActionCache(clock)
    cache.put((1, "unused"), 1)
    cache.put((1, "used"), 2)
    for _ in range(2):
        clock.advance(3600)
        cache.forget_unused()
        assert cache.get((1, "used")) == 2
    assert cache.get((1, "unused")) is None


def test_clear_forgets_all() -> None:
    """After a rollback nothing that was inserted is there any more."""
    cache = ActionCache(FakeClock())
    cache.put((1, "a"), 7)
    cache.clear()
    assert cache.get((1, "a")) is None
    assert len(cache) == 0
