"""Queues for people: lag, locks and who holds them."""

from __future__ import annotations

from qtd.queue.lag import Backlog
from qtd.queue.lock_token import holder_of

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def span(seconds: float) -> str:
    """Return a time as its two largest units: `12 s`, `3 min 20 s`, `2 d 4 h`."""
    left = round(seconds)
    parts: list[str] = []
    for size, unit in _UNITS:
        number, left = divmod(left, size)
        if number or (unit == "s" and not parts):
            parts.append(f"{number} {unit}")
        elif parts:
            break  # `2 d 4 min` would read as a mistake
    return " ".join(parts[:2])


def lag_text(backlog: Backlog) -> str:
    """Return the age of a queue's first entry; `unknown` where it can not be decoded, nothing where none waits."""
    if backlog.lag is not None:
        return span(backlog.lag)
    return "unknown" if backlog.lag_unknown else ""


def holder_text(token: str) -> str:
    """Return who holds a lock; of those whose token does not say, the token: the plugin's, or set by hand."""
    name = holder_of(token)
    if name is not None:
        return name
    return f"unknown ({token})" if token.isprintable() else "unknown"


def left_text(seconds: float | None) -> str:
    """Return how long a lock lasts; None: it never expires."""
    return "never expires" if seconds is None else span(seconds)
