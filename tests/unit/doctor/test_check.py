from __future__ import annotations

from collections.abc import Iterator

import pytest

from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.doctor.amounts import about, several, size
from qtd.doctor.check import Check, doubtful, fine, guarded, totals, wrong
from qtd.doctor.clock_skew import clock_skew
from qtd.doctor.examine import examine
from qtd.doctor.hurry import hurried
from qtd.errors import DatabaseUnavailable


def test_what_stops_a_check_is_an_error_after_what_was_found() -> None:
    """Nothing that was found before is lost, and a mistake of ours is none of the servers'."""

    def checks() -> Iterator[Check]:
        yield fine("a.first", "well")
        raise DatabaseUnavailable("gone")

    assert list(guarded("a.second", "look", checks)) == [
        fine("a.first", "well"),
        wrong("a.second", "gone", "look"),
    ]

    def broken() -> Iterator[Check]:
        yield fine("a.first", "well")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(guarded("a.second", "look", broken))


def test_totals_name_every_verdict() -> None:
    """Also those that nothing has."""
    checks = [fine("a", "1"), fine("b", "2"), doubtful("c", "3", "do")]
    assert totals(checks) == {"ok": 2, "warning": 1, "error": 0}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1536, "1.5 KB"),
        (300 * 1024**2, "300 MB"),
        (5 * 1024**5, "5120 TB"),
    ],
)
def test_sizes(number: int, text: str) -> None:
    """In the largest unit that leaves something before the point."""
    assert size(number) == text


def test_estimates_do_not_pretend_to_be_exact() -> None:
    """Two digits, and never more than there is."""
    assert [about(number) for number in (-5, 7, 99, 123, 1_279_999)] == ["0", "7", "99", "120", "1,200,000"]
    assert (several(1, "entry", "entries"), several(1200, "key")) == ("1 entry", "1,200 keys")


@pytest.mark.parametrize(
    ("ahead", "doubt", "verdict"),
    [
        (1.9, 0.0, "ok"),
        (-1.9, 0.0, "ok"),
        (2.5, 1.0, "ok"),
        (-3.0, 0.5, "warning"),
        (59, 0, "warning"),
        (-90, 1, "error"),
    ],
)
def test_clocks(ahead: float, doubt: float, verdict: str) -> None:
    """Seconds are doubtful, a minute is wrong; what the question itself took is not held against a clock."""
    check = clock_skew("redis", ahead=ahead, doubt=doubt, why="x", where="y")
    assert (check.name, check.verdict.value) == ("redis.clock", verdict)
    if verdict != "ok":
        assert ("behind" if ahead < 0 else "ahead") in check.found


def test_waits_are_short() -> None:
    """But never longer than configured, nor in a wrong order; nothing else changes."""
    long = Config.model_validate(
        {
            "redis": {
                "command_timeout_seconds": 600.0,
                "connect_timeout_seconds": 0.5,
                "wait_timeout_seconds": 500.0,
            },
            "database": {"command_timeout_seconds": 3600, "lock_timeout_seconds": 600},
            "queue": {"backend": "sql", "database": {"connect_timeout_seconds": 60}},
        }
    )
    short = hurried(long)
    assert short.redis.connect_timeout_seconds == 0.5
    assert short.redis.wait_timeout_seconds < short.redis.command_timeout_seconds <= 10
    assert short.database.lock_timeout_seconds < short.database.command_timeout_seconds <= 10
    assert short.queue.database is not None
    assert short.queue.database.connect_timeout_seconds == 5
    assert short.spool == long.spool
    assert hurried(short) == short


def test_queues_in_memory_are_doubtful() -> None:
    """They are for trials only."""
    config = Config.model_validate({"queue": {"backend": "memory"}})
    found = {check.name: check.verdict.value for check in examine(config, SystemClock())}
    assert found["queues.backend"] == "warning"
