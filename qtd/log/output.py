"""Where events come out: one line each on standard error, JSON or for people, or entries of systemd's journal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TextIO, cast

import orjson
import structlog
from structlog.typing import Processor

from qtd.clock import Clock, SystemClock
from qtd.log.events.library import LibraryMessage
from qtd.log.journal import entry
from qtd.log.logger import Logger
from qtd.log.redact import redact
from qtd.log.unbreakable import Unbreakable

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "json", "human"]

#: What every line begins with, in this order.
_FIRST = ("time", "level", "event", "part")

#: Takes an entry of the journal: its fields in order. False: it did not take it.
SendEntry = Callable[[Sequence[tuple[str, str]]], bool]


def configure(
    *,
    level: Level = "info",
    format: Format = "auto",  # noqa: A002 - the configuration's word
    stream: TextIO | None = None,
    clock: Clock | None = None,
    journal: SendEntry | None = None,
    identifier: str = "qtd",
) -> None:
    """Set where all events of this process go, those of libraries too; may be called again.

    `stream` is standard error unless given. `auto` means for people on a terminal, else to `journal` where there
    is one (`identifier` is what its lines begin with), else JSON.
    """
    stream = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    human = format == "human" or (format == "auto" and stream.isatty())
    processors = _processors(clock or SystemClock(), human=human, colors=stream.isatty())
    sink = Unbreakable(stream)
    factory: Callable[..., Any] = structlog.WriteLoggerFactory(
        cast("TextIO", sink)
    )  # all it takes is these two
    if format == "auto" and not human and journal is not None:
        target = _ToJournal(journal, sink, identifier)
        processors = [*processors[:-1], target.render]
        factory = target.logger
    Logger.threshold = number
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=factory,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, _Library):
            root.removeHandler(handler)
    root.addHandler(_Library())
    # Libraries tell of every connection at info; what they warn of is worth a line.
    root.setLevel(logging.DEBUG if level == "debug" else max(number, logging.WARNING))
    logging.captureWarnings(True)


def _processors(clock: Clock, *, human: bool, colors: bool) -> list[Processor]:
    def stamp(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        moment = datetime.fromtimestamp(clock.now(), UTC)
        event["time"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return event

    def take_secrets_out(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        return redact(event)

    first: list[Processor] = [structlog.processors.add_log_level, stamp]
    if human:
        text = structlog.processors.format_exc_info
        render = structlog.dev.ConsoleRenderer(
            colors=colors, timestamp_key="time", pad_event_to=20, sort_keys=False
        )
        return [*first, text, take_secrets_out, render, _for_people]
    return [*first, structlog.processors.format_exc_info, take_secrets_out, _as_json]


def _as_json(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    """One line of JSON, the fields that every event has in front."""
    ordered = {name: event.pop(name) for name in _FIRST if name in event} | dict(event)
    try:
        return orjson.dumps(ordered).decode()
    except orjson.JSONEncodeError:  # integers beyond 64 bits, text with lone surrogates
        return orjson.dumps({name: _encodable(value) for name, value in ordered.items()}).decode()


def _encodable(value: object) -> object:
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return _printable(value)
    return value


def _printable(value: object) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode()


def _for_people(_logger: object, _method: str, line: Any) -> str:
    return _printable(line)


class _ToJournal:
    """What structlog writes to where that is the journal; what it does not take goes to the stream."""

    def __init__(self, send: SendEntry, stream: Unbreakable, identifier: str) -> None:
        self._send = send
        self._stream = stream
        self._identifier = identifier

    def logger(self, *_names: object) -> _ToJournal:
        """Return structlog's logger for any name."""
        return self

    def render(
        self, _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> tuple[tuple[MutableMapping[str, Any]], dict[str, Any]]:
        """Pass the event on as it is; structlog takes a tuple for the call's arguments."""
        return (event,), {}

    def msg(self, event: MutableMapping[str, Any]) -> None:
        """Write one event."""
        if not self._send(entry(event, self._identifier)):
            self._stream.write(_as_json(None, "", event) + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = log = msg


class _Library(logging.Handler):
    """Turns what libraries log into events of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one record, with its own level."""
        try:
            fields = dict(LibraryMessage(logger=record.name, message=record.getMessage()).values())
            if record.exc_info:
                fields["exc_info"] = record.exc_info
            log = structlog.get_logger(part="library")
            log.log(_standard(record.levelno), LibraryMessage.name(), **fields)
        except Exception:  # noqa: BLE001 - the standard library's contract: a handler never raises
            self.handleError(record)


def _standard(level: int) -> int:
    """Return the standard level at or below `level`: libraries make their own between them."""
    return min(max(level // 10 * 10, logging.DEBUG), logging.CRITICAL)
