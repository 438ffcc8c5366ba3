"""A dead letter for people and for scripts."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from qtd.cli.entry_text import entry_document
from qtd.store.dead_letters import DeadLetter


def when(seconds: int) -> str:
    """Return Unix seconds as `2026-11-21 19:49:17`, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def letter_document(letter: DeadLetter, *, reveal: bool) -> dict[str, Any]:
    """Return what is known of a letter; with `reveal` its entry in full, and its bytes in base64 as `stored`."""
    document: dict[str, Any] = {
        "id": letter.id,
        "queue": letter.queue,
        "cause": letter.cause,
        "time": letter.time,
        "version": letter.version,
        "attempts": letter.attempts,
        "requests": letter.requests,
        "entry": entry_document(letter.entry, reveal=reveal),
    }
    return document | ({"stored": base64.b64encode(letter.entry).decode()} if reveal else {})
