"""One HTTP/1.1 connection: bytes to requests, answers to bytes, in the order of the requests.

httptools parses; this adds what a server owes its clients: limits with clear refusals, pipelining,
keep-alive, `Expect: 100-continue`, and an end that answers whatever was received.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, cast

import httptools

from qtd.ingest.answer import Answer, plain_text
from qtd.ingest.http_request import Headers, HttpRequest
from qtd.ingest.limits import Limits
from qtd.ingest.request_line import escaped, unescaped

MAX_PIPELINED = 64
"""Requests of one connection that may wait for their answers; then it is not read from."""

FIRST_REQUEST_SECONDS = 1.0
"""What a new connection has for its first request when the server stops."""

TOO_LARGE = plain_text(413, "The body is larger than this server accepts.")
TARGET_TOO_LONG = plain_text(414, "The request's URL is longer than this server accepts.")
HEADERS_TOO_LARGE = plain_text(431, "The request's headers are larger than this server accepts.")
NO_LENGTH = plain_text(411, "A request that offers to upgrade the connection needs a Content-Length.")
TOO_SLOW = plain_text(408, "The request was not complete in time.")
MALFORMED = plain_text(400, "This is not an HTTP/1.1 request.")

#: Takes a request, and what to call with its answer, now or later.
Handler = Callable[[HttpRequest, Callable[[Answer], None]], None]


class Server(Protocol):
    """What a connection needs of its server."""

    limits: Limits
    handle: Handler
    #: Whether the server is stopping, so that connections end with their next answer.
    stopping: bool
    #: The event loop's time in seconds, as of less than a second ago.
    coarse_time: float

    def opened(self, connection: Connection) -> None:
        """Take note of a connection."""

    def closed(self, connection: Connection) -> None:
        """Forget a connection."""

    def refused(self, answer: Answer) -> None:
        """Take note of an answer that the connection gave by itself."""

    def date(self) -> bytes:
        """Return the Date header's value."""


class _Exchange:
    """A request's place in the order of answers."""

    __slots__ = ("answer", "closes", "connection", "is_head")

    def __init__(self, connection: Connection, *, is_head: bool, closes: bool) -> None:
        self.connection = connection
        self.is_head = is_head
        self.closes = closes
        self.answer: Answer | None = None

    def __call__(self, answer: Answer) -> None:
        self.answer = answer
        self.connection.flush()


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._limits = server.limits
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._parser: Any = httptools.HttpRequestParser(self)
        self._exchanges: deque[_Exchange] = deque()
        self._peer = ""
        self._port = 0
        self._paused = False
        #: No request is taken from this connection any more.
        self._ending = False
        #: No request has begun yet.
        self._unused = True
        #: Bytes of the body still to come past the parser, which leaves a request that asks for an upgrade.
        self._past_parser = 0
        self.deadline = server.coarse_time + self._limits.idle_seconds
        self._begin()

    def _begin(self) -> None:
        self._target = b""
        self._headers: Headers = []
        self._body: list[bytes] = []
        self._body_bytes = 0
        #: Bytes received since the request began, None between requests.
        self._received: int | None = None
        self._in_head = True
        #: The request line is not complete.
        self._line_open = False
        #: The target holds our escapes.
        self._escaped = False
        self._refusal: Answer | None = None

    # asyncio's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember who is there."""
        self._transport = cast(asyncio.Transport, transport)
        peer, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        if isinstance(peer, tuple) and isinstance(own, tuple):
            # A dual-stack socket gives IPv4 clients an IPv6 form; PHP behind nginx sees the plain one.
            self._peer = str(peer[0]).removeprefix("::ffff:")
            self._port = int(own[1])
        self._server.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it is gone changes nothing
        """Forget the connection; answers that come later are dropped."""
        self._ending = True
        self._exchanges.clear()
        self._server.closed(self)

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        if self._ending:
            return
        if self._past_parser:
            data = self._body_past_parser(data)
            if not data:
                return
        if self._received is None:
            self.deadline = self._server.coarse_time + self._limits.request_seconds
            self._received = 0
            self._line_open = True
            self._unused = False
        self._received += len(data)
        if self._line_open:
            data = self._with_plain_line(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._leave_parser(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError:
            self._refuse(self._refusal or MALFORMED)
            return
        self._refuse_if_too_large()

    def eof_received(self) -> bool:
        """Keep our side open as long as answers are due."""
        self._ending = True
        return bool(self._exchanges)

    # httptools' calls

    def on_message_begin(self) -> None:
        """Note that a request begins, perhaps behind another in the same bytes."""
        if self._received is None:
            self._received = 0
            self.deadline = self._server.coarse_time + self._limits.request_seconds

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
                self._continue()
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
        if self._refusal is not None or self._past_parser or self._ending:
            return
        method = self._parser.get_method().decode("ascii")
        closes = not self._parser.should_keep_alive() or bool(self._parser.should_upgrade())
        request = HttpRequest(
            method,
            self._target,
            self._headers,
            b"".join(self._body) if self._body else b"",
            self._peer,
            self._parser.get_http_version(),
            self._port,
        )
        exchange = _Exchange(self, is_head=method == "HEAD", closes=closes)
        self._exchanges.append(exchange)
        if closes:
            self._ending = True
        elif len(self._exchanges) >= MAX_PIPELINED and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._begin()
        self._server.handle(request, exchange)

    # what follows

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

    def _refuse_if_too_large(self) -> None:
        if self._refusal is not None:
            self._refuse(self._refusal)
            return
        limit, refusal = self._limits.header_bytes, HEADERS_TOO_LARGE
        if not self._in_head:
            # Chunks come with their sizes, at worst six bytes for one.
            limit, refusal = limit + 6 * self._limits.body_bytes, TOO_LARGE
        if (self._received or 0) > limit:
            self._refuse(refusal)

    def _continue(self) -> None:
        if not self._exchanges and self._refusal is None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _leave_parser(self, rest: bytes) -> None:
        """Read the body of a request that asks to upgrade the connection, for the parser does not."""
        if self._refusal is not None:
            self._refuse(self._refusal)
        elif self._past_parser and rest:
            self._body_past_parser(rest)

    def _body_past_parser(self, data: bytes) -> bytes:
        piece = data[: self._past_parser]
        self._past_parser -= len(piece)
        self._body.append(piece)
        if not self._past_parser:
            self.on_message_complete()
        return b""

    def flush(self) -> None:
        """Send the answers whose turn it is."""
        server = self._server
        exchanges = self._exchanges
        while exchanges and (answer := exchanges[0].answer) is not None:
            exchange = exchanges.popleft()
            closes = exchange.closes or server.stopping
            self._write(answer, is_head=exchange.is_head, closes=closes)
            if closes:
                self._end()
                return
        if not exchanges:
            if self._ending:
                self._end()
                return
            if self._received is None:
                self.deadline = server.coarse_time + self._limits.idle_seconds
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    def _write(self, answer: Answer, *, is_head: bool, closes: bool) -> None:
        self._transport.write(
            b"%bdate: %b\r\n%b\r\n%b"
            % (
                answer.head,
                self._server.date(),
                b"connection: close\r\n" if closes else b"",
                b"" if is_head else answer.body,
            )
        )

    def _refuse(self, answer: Answer) -> None:
        """Answer what can not be taken, after what was before, and end: the rest can not be made sense of."""
        if self._ending:
            return
        self._ending = True
        self._server.refused(answer)
        exchange = _Exchange(self, is_head=False, closes=True)
        self._exchanges.append(exchange)
        exchange(answer)

    def _end(self) -> None:
        self._ending = True
        self._exchanges.clear()
        self.deadline = self._server.coarse_time + self._limits.request_seconds
        self._transport.close()

    def check(self, now: float) -> None:
        """End the connection where its time is over: with 408 in a request, in silence between two."""
        if now < self.deadline or self._exchanges:
            return
        if self._ending:  # it was given its last answer and does not take it
            self._transport.abort()
        elif self._received is None:
            self._end()
        else:
            self._refuse(TOO_SLOW)

    def stop(self) -> None:
        """End as soon as nothing is owed; a request that is coming in may still come.

        A client that has only just connected has its first request on the way: it gets a moment.
        """
        if self._exchanges or self._received is not None:
            return
        if self._unused:
            self.deadline = min(self.deadline, self._server.coarse_time + FIRST_REQUEST_SECONDS)
        else:
            self._end()

    def abort(self) -> None:
        """End at once."""
        self._transport.abort()
