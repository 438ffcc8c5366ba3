"""An event as an entry of systemd's journal: a line to read, and its fields to search by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

#: syslog(3): what `journalctl -p` filters by.
_PRIORITIES = {"debug": "7", "info": "6", "warning": "4", "error": "3", "critical": "2"}

#: Not fields of our own: the journal has the time and the level; the others have their places.
_OTHERWISE = frozenset({"time", "level", "event", "exception"})

#: Lists of queue numbers; each number is a QTD_QUEUE of its own, so that `journalctl QTD_QUEUE=2` finds the entry.
_QUEUES = "queues"


def entry(event: Mapping[str, object], identifier: str) -> list[tuple[str, str]]:
    """Return the fields of the journal's entry: those that it knows itself, and QTD_* for each of the event's.

    `QTD_EVENT` is the event's name; its fields' names become capitals (`lag_seconds` is `QTD_LAG_SECONDS`).
    """
    return [
        ("MESSAGE", _message(event)),
        ("PRIORITY", _PRIORITIES.get(str(event.get("level")), "6")),
        ("SYSLOG_IDENTIFIER", identifier),
        ("QTD_EVENT", str(event.get("event"))),
        *_own(event),
    ]


def _own(event: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in event.items():
        if name in _OTHERWISE:
            continue
        yield f"QTD_{_field_name(name)}", _text(value)
        if name == _QUEUES:
            yield from (("QTD_QUEUE", queue.strip()) for queue in str(value).split(",") if queue.strip())


def _field_name(name: str) -> str:
    """What journald accepts: capitals, digits and underscores; systemd.journal-fields(7)."""
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name).upper()[:60]


def _message(event: Mapping[str, object]) -> str:
    """`batch_retried queue=2 attempt=1 cause="…"`, and below it the traceback where there is one."""
    shown = (
        f"{name}={_quoted(_text(value))}"
        for name, value in event.items()
        if name not in _OTHERWISE and name != "part"
    )
    line = " ".join((str(event.get("event")), *shown))
    return f"{line}\n{event['exception']}" if "exception" in event else line


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(text: str) -> str:
    plain = text and not any(c.isspace() or c in '"=' for c in text)
    return text if plain else '"' + " ".join(text.replace('"', "'").split()) + '"'
