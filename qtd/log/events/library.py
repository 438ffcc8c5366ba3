"""What libraries log."""

from __future__ import annotations

from dataclasses import dataclass

from qtd.log.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class LibraryMessage(Event):
    """A library logged something through Python's logging; the record's own level applies."""

    logger: str
    message: str
