"""Queues for people."""

from __future__ import annotations

import pytest

from qtd.cli.queue_text import holder_text, left_text, span


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (3725, "1 h 2 min"),
        (2 * 86400 + 4 * 3600 + 59, "2 d 4 h"),
    ],
)
def test_a_time_has_two_units_at_most(seconds: float, text: str) -> None:
    """Neighbours, and none that is zero."""
    assert span(seconds) == text


def test_holders_have_names() -> None:
    """Where the token says one; what would write over a terminal is not shown."""
    assert holder_text("1f0c9a7be412:worker-1@web01") == "worker-1@web01"
    assert holder_text("1f0c9a7be412") == "unknown (1f0c9a7be412)"
    assert holder_text("by\x1b[2Jhand") == "unknown"
    assert left_text(None) == "never expires"
