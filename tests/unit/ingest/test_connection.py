"""One connection without a network: its time, its order, its pauses, its end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from qtd.ingest.answer import Answer, plain_text
from qtd.ingest.connection import MAX_PIPELINED, Connection, Handler
from qtd.ingest.http_request import HttpRequest
from qtd.ingest.limits import Limits

OK = plain_text(200, "ok")
GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"


class FakeTransport(asyncio.Transport):
    """Keeps what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self._closed = self._aborted = self._paused = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Two addresses."""
        known = {"peername": ("::ffff:203.0.113.1", 4711, 0, 0), "sockname": ("::", 8088, 0, 0)}
        return known.get(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take what is written."""
        self.written += bytes(data)

    def close(self) -> None:
        """Note the end."""
        self._closed = True

    def abort(self) -> None:
        """Note the abrupt end."""
        self._aborted = True

    def pause_reading(self) -> None:
        """Note the pause."""
        self._paused = True

    def resume_reading(self) -> None:
        """Note its end."""
        self._paused = False

    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def is_aborted(self) -> bool:
        """Whether it was ended at once."""
        return self._aborted

    def is_paused(self) -> bool:
        """Whether it is not read."""
        return self._paused

    @property
    def statuses(self) -> list[int]:
        """The answers' statuses."""
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", self.written)]


class FakeServer:
    """A server that keeps requests until the test answers them."""

    def __init__(self) -> None:
        self.limits = Limits(body_bytes=1000, header_bytes=1000, request_seconds=30, idle_seconds=75)
        self.stopping = False
        self.coarse_time = 1000.0
        self.requests: list[HttpRequest] = []
        self.replies: list[Callable[[Answer], None]] = []
        self.open: set[Connection] = set()
        self.refusals: list[int] = []
        self.handle: Handler = self._handle
        self.transport = FakeTransport()
        self.connection = Connection(self)
        self.connection.connection_made(self.transport)

    def _handle(self, request: HttpRequest, reply: Callable[[Answer], None]) -> None:
        self.requests.append(request)
        self.replies.append(reply)

    def opened(self, connection: Connection) -> None:
        """See `Server`."""
        self.open.add(connection)

    def closed(self, connection: Connection) -> None:
        """See `Server`."""
        self.open.discard(connection)

    def refused(self, answer: Answer) -> None:
        """See `Server`."""
        self.refusals.append(answer.status)

    def date(self) -> bytes:
        """See `Server`."""
        return b"Sun, 06 Nov 1994 08:49:37 GMT"

    def later(self, seconds: float) -> None:
        """Let time pass, and the connection be looked at."""
        self.coarse_time += seconds
        self.connection.check(self.coarse_time)


@pytest.fixture
def server() -> FakeServer:
    """A server with one open connection."""
    return FakeServer()


def test_a_request_has_what_was_sent(server: FakeServer) -> None:
    """Byte by byte, too; an IPv4 client of a dual-stack socket has his plain address."""
    for byte in b"POST /a?b HTTP/1.1\r\nHost: h\r\nX-Y:  z \r\nContent-Length: 2\r\n\r\nhi":
        server.connection.data_received(bytes((byte,)))
    assert server.requests == [
        HttpRequest(
            "POST",
            b"/a?b",
            [(b"Host", b"h"), (b"X-Y", b"z "), (b"Content-Length", b"2")],
            b"hi",
            "203.0.113.1",
            "1.1",
            8088,
        )
    ]


def test_answers_keep_the_order_of_requests(server: FakeServer) -> None:
    """The second waits for the first, whichever is ready before."""
    server.connection.data_received(GET * 2)
    server.replies[1](plain_text(404, "b"))
    assert server.transport.written == b""
    server.replies[0](OK)
    assert server.transport.statuses == [200, 404]


@pytest.mark.parametrize("begun", [b"GET /a", GET[:-1], b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"])
def test_a_request_that_does_not_end_is_told_408(server: FakeServer, begun: bytes) -> None:
    """Counted from its first byte; more bytes do not buy more time."""
    server.connection.data_received(begun[:3])
    server.later(29)
    server.connection.data_received(begun[3:])
    assert server.transport.written == b""
    server.later(1)
    assert server.transport.statuses == [408]
    assert server.transport.is_closed()
    assert server.refusals == [408]


def test_a_silent_connection_is_closed_in_silence(server: FakeServer) -> None:
    """From the start, or after its last answer."""
    server.later(74)
    server.connection.data_received(GET)
    server.later(1000)
    server.replies[0](OK)
    server.later(74)
    assert not server.transport.is_closed()
    server.later(1)
    assert server.transport.is_closed()
    assert server.transport.statuses == [200]


def test_time_does_not_run_while_we_are_at_work(server: FakeServer) -> None:
    """A slow broker is no reason to hang up on the client."""
    server.connection.data_received(GET)
    server.later(10_000)
    assert not server.transport.is_closed()
    server.replies[0](OK)
    assert server.transport.statuses == [200]


def test_a_client_that_does_not_take_its_answer_is_dropped(server: FakeServer) -> None:
    """Its last answer was written, the connection does not end, so it is ended."""
    server.connection.data_received(b"GET / HTTP/1.0\r\n\r\n")
    server.replies[0](OK)
    assert server.transport.is_closed()
    server.later(29)
    assert not server.transport.is_aborted()
    server.later(1)
    assert server.transport.is_aborted()


def test_a_connection_with_too_much_under_way_is_not_read(server: FakeServer) -> None:
    """Until its answers are out."""
    server.connection.data_received(GET * MAX_PIPELINED)
    assert server.transport.is_paused()
    for reply in server.replies:
        reply(OK)
    assert not server.transport.is_paused()
    assert len(server.transport.statuses) == MAX_PIPELINED


def test_a_stop_ends_what_is_idle_and_answers_what_is_not(server: FakeServer) -> None:
    """With the last answer the client is told that the connection ends."""
    server.connection.data_received(GET)
    server.stopping = True
    server.connection.stop()
    assert not server.transport.is_closed()
    server.replies[0](OK)
    assert server.transport.is_closed()
    assert b"connection: close\r\n" in server.transport.written
    idle = FakeServer()
    idle.connection.data_received(GET)
    idle.replies[0](OK)
    assert not idle.transport.is_closed()
    idle.connection.stop()
    assert idle.transport.is_closed()


def test_a_stop_leaves_a_moment_for_a_first_request(server: FakeServer) -> None:
    """A client that has only just connected has sent it, or is about to: it is answered; else the moment ends."""
    server.stopping = True
    server.connection.stop()
    assert not server.transport.is_closed()
    server.connection.data_received(GET)
    server.replies[0](OK)
    assert server.transport.statuses == [200]
    assert server.transport.is_closed()
    silent = FakeServer()
    silent.connection.stop()
    silent.later(1)
    assert silent.transport.is_closed()


def test_an_answer_for_a_client_that_left_is_dropped(server: FakeServer) -> None:
    """It was durable all the same."""
    server.connection.data_received(GET)
    server.connection.connection_lost(None)
    server.replies[0](OK)
    assert server.transport.written == b""
    assert server.open == set()


def test_a_half_closed_connection_gets_its_answer(server: FakeServer) -> None:
    """A client that sent its request and closed its side still reads."""
    server.connection.data_received(GET)
    assert server.connection.eof_received()
    server.replies[0](OK)
    assert server.transport.statuses == [200]
    assert server.transport.is_closed()


def test_trailers_are_no_headers(server: FakeServer) -> None:
    """What comes behind a chunked body can not claim to be a proxy's header."""
    server.connection.data_received(
        b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nhi\r\n0\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n"
    )
    [request] = server.requests
    assert request.body == b"hi"
    assert [name for name, _ in request.headers] == [b"Host", b"Transfer-Encoding"]


@pytest.mark.parametrize("piece", [b"1;" + b"x" * 100 + b"\r\nh\r\n", b"x" * 100])
def test_a_body_can_not_be_wrapped_without_end(server: FakeServer, piece: bytes) -> None:
    """Sizes, extensions and trailers of chunks are bounded with the body."""
    ends = b"0\r\nX: " if piece.startswith(b"x") else b""
    server.connection.data_received(b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + ends)
    for _ in range(100):
        server.connection.data_received(piece)
    assert server.transport.statuses == [413]


def test_an_upgrade_without_length_is_refused(server: FakeServer) -> None:
    """The parser gives us no chunked body then, and half a request must not pass for a whole one."""
    server.connection.data_received(
        b"POST /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    )
    assert server.requests == []
    assert server.transport.statuses == [411]


def test_what_follows_a_refusal_is_not_read(server: FakeServer) -> None:
    """Nobody can say where the next request begins; what came before is answered first."""
    server.connection.data_received(GET + b"nonsense\r\n\r\n")
    server.connection.data_received(GET)
    assert len(server.requests) == 1
    server.replies[0](OK)
    assert server.transport.statuses == [200, 400]
    assert server.transport.is_closed()


def test_head_has_headers_only(server: FakeServer) -> None:
    """With the length that GET would have."""
    server.connection.data_received(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
    server.replies[0](OK)
    assert server.transport.written.endswith(b"\r\n\r\n")
    assert b"content-length: 3\r\n" in server.transport.written
