"""The plugin's lines."""

from __future__ import annotations

import pytest

from qtd.log.event import Event
from qtd.log.events.console import ConsoleChatter, ConsoleError, ConsoleOutput, ConsoleWarning
from qtd.worker.console.output import Lines, event_of, recorded


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (
            "This worker finished queue processing with 142.86req/s (500 requests in 3.50 seconds)",
            ConsoleOutput,
        ),
        ("This worker finished queue processing with 0req/s (0 requests in 0.01 seconds)", ConsoleChatter),
        ("Forcing queue ID: 3", ConsoleChatter),
        ("===========================================================", ConsoleChatter),
        ("INFO QueuedTracking[2026-11-21 10:00:00 UTC] [1f0c9] something", ConsoleOutput),
        ("DEBUG QueuedTracking[2026-11-21 10:00:00 UTC] [1f0c9] something", ConsoleChatter),
        ("WARNING QueuedTracking[2026-11-21 10:00:00 UTC] [1f0c9] There was an error", ConsoleWarning),
        ("ERROR Tracker[2026-11-21 10:00:00 UTC] [1f0c9] Exception", ConsoleError),
        ("PHP Fatal error:  Uncaught Error: Class not found in /x.php:3", ConsoleError),
        ("PHP Deprecated:  Return type of X in /x.php on line 2", ConsoleWarning),
        ("TRYING TO WIPE OUT THE QUEUE", ConsoleWarning),
    ],
)
def test_a_line_is_as_important_as_it_says(line: str, kind: type[Event]) -> None:
    """By the words with which Matomo's log and PHP begin."""
    assert type(event_of(0, line, is_error=False)) is kind


def test_standard_error_is_at_least_a_warning() -> None:
    """Whatever is printed there."""
    assert type(event_of(0, "In Redis.php line 264:", is_error=True)) is ConsoleWarning
    assert type(event_of(0, "ERROR no", is_error=True)) is ConsoleError


def test_only_one_line_counts_requests() -> None:
    """The last one of a run."""
    assert recorded("finished queue processing with 142.86req/s (500 requests in 3.50 seconds)") == 500
    assert recorded("Force proccess num requests at once: 50") is None


def test_lines_are_put_together() -> None:
    """However they arrive: in pieces, without an end, coloured, not in UTF-8, without bounds."""
    lines = Lines()
    assert list(lines.add(b"on")) == []
    assert list(lines.add(b"e\r\n\n  \x1b[31mtwo\x1b[0m \nthr\xff")) == ["one", "two"]
    assert list(lines.end()) == ["thr\ufffd"]
    assert list(lines.end()) == []
    assert [len(line) for line in lines.add(b"x" * 10_000)] == [4000]
