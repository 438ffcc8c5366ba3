"""An HTTP request as it came, before anyone made sense of it."""

from __future__ import annotations

from dataclasses import dataclass

#: Header names and values in their order, names as sent.
Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)  # not frozen: there is one for every hit, and a frozen one costs three times as much
class HttpRequest:
    """One request; everything the client sent is still bytes."""

    method: str
    #: The request target as sent, usually path and query.
    target: bytes
    headers: Headers
    body: bytes
    #: The peer's address as text; empty for a unix socket.
    peer: str = ""
    #: `1.1` or `1.0`.
    version: str = "1.1"
    #: The port the request came in at; 0 for a unix socket.
    port: int = 0
