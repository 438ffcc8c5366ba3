"""A log of its own for each test: JSON or text in memory, at a fixed time."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
import structlog

from qtd.log import Logger, configure
from qtd.log.output import Format, Level


class Noon:
    """A clock that stands."""

    def now(self) -> float:
        """2026-11-21 12:00:00.250 UTC."""
        return 1795262400.25

    def monotonic(self) -> float:
        """No time passes."""
        return 0.0

    def wait(self, seconds: float, until: Event) -> bool:
        """Return at once; `seconds` do not pass."""
        del seconds
        return until.is_set()


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


class Written:
    """What was logged."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def configure(
        self,
        level: Level = "info",
        format: Format = "auto",  # noqa: A002 - as the function's
        *,
        terminal: bool = False,
    ) -> None:
        """Log here from now on."""
        if terminal:
            self.stream = Terminal()
        configure(level=level, format=format, stream=self.stream, clock=Noon())

    @property
    def text(self) -> str:
        """Everything so far."""
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Everything so far, as JSON."""
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def written() -> Iterator[Written]:
    """Yield a log in memory; afterwards everything is as it was."""
    root = logging.getLogger()
    handlers, level, threshold = list(root.handlers), root.level, Logger.threshold
    yield Written()
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    Logger.threshold = threshold
