"""Bytes to requests: what one client sends, parsed within limits, with a clear refusal for what is beyond them.

httptools parses; this puts requests together, and lets through what the parser does not take though browsers send
it: bytes beyond ASCII in the request line, and bodies of requests that offer to upgrade the connection.
"""

from __future__ import annotations

from typing import Any, Protocol

import httptools

from qtd.ingest.answer import Answer, plain_text
from qtd.ingest.http_request import Headers, HttpRequest
from qtd.ingest.limits import Limits
from qtd.ingest.request_line import escaped, unescaped

TOO_LARGE = plain_text(413, "The body is larger than this server accepts.")
TARGET_TOO_LONG = plain_text(414, "The request's URL is longer than this server accepts.")
HEADERS_TOO_LARGE = plain_text(431, "The request's headers are larger than this server accepts.")
NO_LENGTH = plain_text(411, "A request that offers to upgrade the connection needs a Content-Length.")
MALFORMED = plain_text(400, "This is not an HTTP/1.1 request.")


class Reading(Protocol):
    """What a reader needs of its connection (`qtd.ingest.connection.Connection`)."""

    #: No request is taken any more.
    ending: bool

    def begun(self) -> None:
        """Take note that a request has begun: its time runs."""

    def go_on(self) -> None:
        """Ask for the body of a client that waits to be asked (`Expect: 100-continue`)."""

    def take(self, request: HttpRequest, *, closes: bool) -> None:
        """Take a request that is complete; `closes`: it is the last that its client wants answered here."""


class RequestReader:
    """Reads the requests of one connection, one after the other."""

    def __init__(self, connection: Reading, limits: Limits) -> None:
        #: Who is there: the client's address as text, and the port it came in at.
        self.peer = ""
        self.port = 0
        self._connection = connection
        self._limits = limits
        self._parser: Any = httptools.HttpRequestParser(self)
        #: Bytes of the body still to come past the parser, which leaves a request that asks for an upgrade.
        self._past_parser = 0
        self._reset()

    def _reset(self) -> None:
        self._target = b""
        self._headers: Headers = []
        self._body: list[bytes] = []
        self._body_bytes = 0
        #: Bytes received since the request began, None between requests.
        self.received: int | None = None
        self._in_head = True
        #: The request line is not complete.
        self._line_open = False
        #: The target holds our escapes.
        self._escaped = False
        self._refusal: Answer | None = None

    def feed(self, data: bytes) -> Answer | None:
        """Read what came; return the refusal of what can not be taken: nothing behind it makes sense."""
        if self._past_parser:
            self._take_past_parser(data)
            return None
        if self.received is None:
            self.received = 0
            self._line_open = True
            self._connection.begun()
        self.received += len(data)
        if self._line_open:
            data = self._with_plain_line(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._leave_parser(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            return self._refusal or MALFORMED
        return self._refusal or self._too_large()

    # httptools' calls

    def on_message_begin(self) -> None:
        """Note that a request begins, perhaps behind another in the same bytes."""
        if self.received is None:
            self.received = 0
            self._connection.begun()

    def on_url(self, piece: bytes) -> None:
        """Collect the request target."""
        self._target += unescaped(piece) if self._escaped else piece
        if len(self._target) > self._limits.header_bytes:
            self._refusal = TARGET_TOO_LONG

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header; what a chunked body ends with is none, whatever its name."""
        if self._in_head:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Refuse what is too large before its body comes, or ask for the body."""
        self._in_head = False
        size = len(self._target)
        for name, value in self._headers:
            size += len(name) + len(value) + 4
            if len(name) == 14 and name.lower() == b"content-length":
                length = int(value) if value.isdigit() else 0
                if length > self._limits.body_bytes:
                    self._refusal = TOO_LARGE
                if self._parser.should_upgrade():
                    self._past_parser = length
            elif len(name) == 6 and name.lower() == b"expect" and value.lower() == b"100-continue":
                if self._refusal is None:
                    self._connection.go_on()
            elif len(name) == 17 and name.lower() == b"transfer-encoding" and self._parser.should_upgrade():
                self._refusal = NO_LENGTH
        if size > self._limits.header_bytes and self._refusal is None:
            self._refusal = HEADERS_TOO_LARGE

    def on_body(self, piece: bytes) -> None:
        """Collect the body."""
        self._body_bytes += len(piece)
        if self._body_bytes > self._limits.body_bytes:
            self._refusal = TOO_LARGE
            self._body.clear()
        elif self._refusal is None:
            self._body.append(piece)

    def on_message_complete(self) -> None:
        """Hand the request on."""
        if self._refusal is not None or self._past_parser or self._connection.ending:
            return
        parser = self._parser
        request = HttpRequest(
            parser.get_method().decode("ascii"),
            self._target,
            self._headers,
            b"".join(self._body) if self._body else b"",
            self.peer,
            parser.get_http_version(),
            self.port,
        )
        closes = not parser.should_keep_alive() or bool(parser.should_upgrade())
        self._reset()
        self._connection.take(request, closes=closes)

    # what the parser does not take

    def _with_plain_line(self, data: bytes) -> bytes:
        """Escape bytes beyond ASCII in the request line: browsers send them, nginx and PHP take them."""
        end = data.find(b"\n")
        self._line_open = end < 0
        if data.isascii():
            return data
        line, rest = (data, b"") if end < 0 else (data[:end], data[end:])
        if line.isascii():
            return data
        self._escaped = True
        return escaped(line) + rest

    def _leave_parser(self, rest: bytes) -> Answer | None:
        """Go on with a request that asks to upgrade the connection; the parser has read its head, and no more."""
        if self._refusal is None and self._past_parser:
            self._take_past_parser(rest)
        return self._refusal

    def _take_past_parser(self, data: bytes) -> None:
        """Collect its body; what comes behind that is dropped."""
        piece = data[: self._past_parser]
        self._past_parser -= len(piece)
        self._body.append(piece)
        if not self._past_parser:
            self.on_message_complete()

    def _too_large(self) -> Answer | None:
        limit, refusal = self._limits.header_bytes, HEADERS_TOO_LARGE
        if not self._in_head:
            # Chunks come with their sizes, at worst six bytes for one.
            limit, refusal = limit + 6 * self._limits.body_bytes, TOO_LARGE
        return refusal if (self.received or 0) > limit else None
