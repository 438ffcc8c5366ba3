"""One HTTP/1.1 connection: its time, its answers in the order of the requests, and its end.

`qtd.ingest.request_reader` reads the requests; this adds what else a server owes its clients: pipelining,
keep-alive, `Expect: 100-continue`, time limits, and an end that answers whatever was received.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol, cast

from qtd.ingest.answer import Answer, plain_text
from qtd.ingest.http_request import HttpRequest
from qtd.ingest.limits import Limits
from qtd.ingest.request_reader import RequestReader

MAX_PIPELINED = 64
"""Requests of one connection that may wait for their answers; then it is not read from."""

FIRST_REQUEST_SECONDS = 1.0
"""What a new connection has for its first request when the server stops."""

TOO_SLOW = plain_text(408, "The request was not complete in time.")

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
        self._reader = RequestReader(self, server.limits)
        self._exchanges: deque[_Exchange] = deque()
        self._paused = False
        #: No request is taken from this connection any more.
        self.ending = False
        #: No request has begun yet.
        self._unused = True
        self.deadline = server.coarse_time + self._limits.idle_seconds

    # asyncio's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember who is there."""
        self._transport = cast(asyncio.Transport, transport)
        peer, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        if isinstance(peer, tuple) and isinstance(own, tuple):
            # A dual-stack socket gives IPv4 clients an IPv6 form; PHP behind nginx sees the plain one.
            self._reader.peer = str(peer[0]).removeprefix("::ffff:")
            self._reader.port = int(own[1])
        self._server.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it is gone changes nothing
        """Forget the connection; answers that come later are dropped."""
        self.ending = True
        self._exchanges.clear()
        self._server.closed(self)

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        if self.ending:
            return
        refusal = self._reader.feed(data)
        if refusal is not None:
            self._refuse(refusal)

    def eof_received(self) -> bool:
        """Keep our side open as long as answers are due."""
        self.ending = True
        return bool(self._exchanges)

    # the reader's calls

    def begun(self) -> None:
        """Give the request that has begun its time."""
        self._unused = False
        self.deadline = self._server.coarse_time + self._limits.request_seconds

    def go_on(self) -> None:
        """Ask for a body, unless something else has to be answered first."""
        if not self._exchanges:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def take(self, request: HttpRequest, *, closes: bool) -> None:
        """Hand a request on, and keep its place in the order of answers."""
        exchange = _Exchange(self, is_head=request.method == "HEAD", closes=closes)
        self._exchanges.append(exchange)
        if closes:
            self.ending = True
        elif len(self._exchanges) >= MAX_PIPELINED and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._server.handle(request, exchange)

    # answers

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
            if self.ending:
                self._end()
                return
            if self._reader.received is None:
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
        if self.ending:
            return
        self.ending = True
        self._server.refused(answer)
        exchange = _Exchange(self, is_head=False, closes=True)
        self._exchanges.append(exchange)
        exchange(answer)

    def _end(self) -> None:
        self.ending = True
        self._exchanges.clear()
        self.deadline = self._server.coarse_time + self._limits.request_seconds
        self._transport.close()

    # the server's calls

    def check(self, now: float) -> None:
        """End the connection where its time is over: with 408 in a request, in silence between two."""
        if now < self.deadline or self._exchanges:
            return
        if self.ending:  # it was given its last answer and does not take it
            self._transport.abort()
        elif self._reader.received is None:
            self._end()
        else:
            self._refuse(TOO_SLOW)

    def stop(self) -> None:
        """End as soon as nothing is owed; a request that is coming in may still come.

        A client that has only just connected has its first request on the way: it gets a moment.
        """
        if self._exchanges or self._reader.received is not None:
            return
        if self._unused:
            self.deadline = min(self.deadline, self._server.coarse_time + FIRST_REQUEST_SECONDS)
        else:
            self._end()

    def abort(self) -> None:
        """End at once."""
        self._transport.abort()
