from __future__ import annotations

import pytest

from qtd.engine.timestamp import parse_time

#: Tuesday, 2026-11-10 10:00:00 UTC
NOW = 1794304800

#: What PHP 8.2's strtotime answers.
TIMES = [
    ("2026-11-09", 1794182400),
    ("2026-11-09 10:30:00", 1794220200),
    ("2026-11-09T10:30:00Z", 1794220200),
    ("2026-11-09T10:30:00.123456Z", 1794220200),
    ("2026-11-09T10:30:00+01:00", 1794216600),
    ("2026-11-09 10:30:00 +0300", 1794209400),
    ("2026-11-09 10:30:00 +1", 1794216600),
    ("2026-11-09 10:30:00 -01:30:15", 1794225615),
    ("2026-11-09 10:30:00 Europe/Berlin", 1794216600),
    ("2026-07-09 10:30:00 Europe/Berlin", 1783585800),
    ("2026-11-09 10:30:00 (CET)", 1794216600),
    ("2026-11-09 10:30:00 PM", 1794263400),
    ("2026-11-09 10:30 a.m.", 1794220200),
    ("2026-11-9 9:5:3", 1794215103),
    ("20261109T103000", 1794220200),
    ("20261109103000", 1794220200),
    ("2026/11/09 10:30", 1794220200),
    ("26-11-09", 1794182400),
    ("11/09/2026 10:30:00 AM", 1794220200),
    ("9.11.2026 10:30", 1794220200),
    ("31-12-2025", 1767139200),
    ("Mon, 09 Nov 2026 10:30:00 +0000", 1794220200),
    ("Mon Nov 09 2026 10:30:00 GMT+0100 (CET)", 1794216600),
    ("Mon Nov  9 10:30:00 UTC 2026", 1794220200),
    ("9 Nov 2026 10:30 pm", 1794263400),
    ("jan 1st, 2026", 1767225600),
    ("1st january 2026", 1767225600),
    ("Nov 2025", 1761955200),
    ("9 XI 2026", 1794182400),
    ("10/Oct/2000:13:55:36 -0700", 971211336),
    ("2026-W46-3", 1794355200),
    ("2026.300", 1793059200),
    ("2026-02-30", 1772409600),
    ("2026-00-00", 1764460800),
    ("2026-11-09 24:00:00", 1794268800),
    ("2026-11-09 10:30:60", 1794220260),
    ("@1794301200", 1794301200),
    ("@1794301200.5", 1794301200),
    ("now", 1794304800),
    ("Now -1 hour", 1794301200),
    ("today", 1794268800),
    ("yesterday", 1794182400),
    ("yesterday 14:00", 1794232800),
    ("14:00 yesterday", 1794182400),
    ("tomorrow noon", 1794398400),
    ("10am", 1794304800),
    ("+0300", 1794294000),
    ("-1 week", 1793700000),
    ("2 days ago", 1794132000),
    ("1 month ago 3 hours", 1791637200),
    ("+1 week 2 days", 1795082400),
    ("first day of next month", 1796119200),
    ("last day of november 2025", 1764460800),
    ("monday", 1794787200),
    ("last friday", 1793923200),
    ("next week", 1794823200),
    ("monday next week", 1794787200),
    ("sunday this week", 1794700800),
    ("-1 year", 1762768800),
    (" 2026-11-09 ", 1794182400),
    ("31 jan 2026 1 month", 1772496000),
    ("0000-00-00 00:00:00", -62169984000),
]

NO_TIMES = [
    "",
    "garbage",
    "undefined",
    "[object Object]",
    "2026-13-01",
    "2026-11-09 25:00:00",
    "2026-11-09;",
    "2026-11-09_10:30:00",
    "2026-11-09%2010:30:00",
    "31/12/2025",
    "2026-11-09 2026-11-10",
    "10:30 11:30 12:30",
    "@" + "9" * 5000,
    "2026-11-09 10:30:00 Europe/Atlantis",
    "2026-11-09 10:30:00 +0300 UTC CET",
    "Mon Nov 09 2026 10:30:00 GMT+0100 (Central European Standard Time)",
]


@pytest.mark.parametrize(("text", "expected"), TIMES)
def test_a_written_time_is_the_second_that_php_reads(text: str, expected: int) -> None:
    """Dates, times, zones and relative steps add up to what PHP's strtotime gives."""
    assert parse_time(text, NOW) == expected


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_php_does_not_read_is_no_time(text: str) -> None:
    """Where strtotime gives false there is no time."""
    assert parse_time(text, NOW) is None


def test_relative_times_start_from_the_given_now() -> None:
    """The clock is the caller's."""
    assert parse_time("-1 hour", NOW + 7) == NOW + 7 - 3600


def test_huge_steps_are_no_error() -> None:
    """A client can not make the engine fail with a step out of any calendar."""
    assert parse_time("9999999999999 years", NOW) is not None
    assert parse_time("-9999999999999 days Europe/Berlin", NOW) is not None
