"""A small HTTP client for one connection that is kept: it costs the machine little beside what it measures."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

import httptools


class NoAnswer(ConnectionError):
    """The connection ended before the answer was there: whether the request was taken is not known."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as far as it matters here."""

    status: int
    body: bytes


class HttpConnection(asyncio.Protocol):
    """One connection; one request at a time, and the connection is made anew where the server closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Response] | None = None
        self._body = b""

    async def send(self, request: bytes) -> Response:
        """Send a whole request and return its answer.

        Raises OSError where the server can not be reached, NoAnswer where it went away.
        """
        if self._transport is None:
            await self._loop.create_connection(lambda: self, self._host, self._port)
        assert self._transport is not None  # noqa: S101 - connection_made comes before create_connection returns
        waiting = self._waiting = self._loop.create_future()
        self._transport.write(request)
        response: Response = await waiting
        return response

    def close(self) -> None:
        """Close the connection; an answer that is waited for does not come."""
        if self._transport is not None:
            self._transport.close()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read answers."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclasses
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""

    def data_received(self, data: bytes) -> None:
        """Take in a part of an answer."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._end(NoAnswer(f"what came is no HTTP answer: {error}"))
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell whoever waits for an answer that it does not come."""
        self._transport = None
        self._end(NoAnswer(str(error) if error else "the server closed the connection"))

    # the parser's side

    def on_body(self, body: bytes) -> None:
        """Collect the answer's body."""
        self._body += body

    def on_message_complete(self) -> None:
        """Give out the answer."""
        waiting, self._waiting = self._waiting, None
        response = Response(self._parser.get_status_code(), self._body)
        self._body = b""
        if not self._parser.should_keep_alive():
            self.close()
            self._transport = None
        if waiting is not None and not waiting.done():
            waiting.set_result(response)

    def _end(self, error: Exception) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)
