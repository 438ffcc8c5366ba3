"""How much of our time and memory one client may take."""

from __future__ import annotations

from dataclasses import dataclass

from qtd.config.ingest import Ingest


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a request may be; beyond it is refused with a status that says so."""

    #: Bytes of a body: 413.
    body_bytes: int
    #: Bytes of request line and headers together: 414 where the target alone is longer, else 431.
    header_bytes: int
    #: Seconds from a request's first byte to its last: 408.
    request_seconds: float
    #: Seconds that a connection may stay open without a request; then it is closed without a word.
    idle_seconds: float = 75.0

    @classmethod
    def of(cls, config: Ingest) -> Limits:
        """Return the limits of the configuration."""
        return cls(
            body_bytes=config.max_body_bytes,
            header_bytes=config.max_header_bytes,
            request_seconds=config.request_timeout_seconds,
        )
