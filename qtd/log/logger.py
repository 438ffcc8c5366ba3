"""Where events go in: loggers that carry what is the same for all their events."""

from __future__ import annotations

import logging
from typing import Any, ClassVar, Self

import structlog

from qtd.log.event import Event


class Logger:
    """Tells events, together with the fields it was bound to."""

    #: The least level that is shown; known here so that what is not shown costs next to nothing.
    threshold: ClassVar[int] = logging.DEBUG

    __slots__ = ("_target",)

    def __init__(self, target: Any) -> None:
        self._target = target

    def emit(self, event: Event, *, error: BaseException | None = None) -> None:
        """Log `event`; `error` adds its traceback, for what is a bug."""
        if event.level < self.threshold:
            return
        fields = dict(event.values())
        if error is not None:
            fields["exc_info"] = error
        self._target.log(event.level, event.name(), **fields)

    def bind(self, **fields: str | float) -> Self:
        """Return a logger that adds `fields` to all its events."""
        return type(self)(self._target.bind(**fields))


def get_logger(part: str, **fields: str | float) -> Logger:
    """Return the logger of a part of qtd (`ingest`, `worker`, …), which adds `fields` to all its events.

    It may be taken before `configure` was called: what is logged then follows the newest configuration.
    """
    return Logger(structlog.get_logger(part=part, **fields))
