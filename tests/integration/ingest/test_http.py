"""What the endpoint owes any HTTP client: limits with clear refusals, keep-alive, order, and an orderly end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from qtd.config.ingest import Ingest
from qtd.wire.request_set import decode
from tests.integration.ingest.serving import Served, read_answer, serving

HIT = b"GET /matomo.php?idsite=1&rec=1&n=%d HTTP/1.1\r\nHost: h\r\n\r\n"
SMALL = Ingest(max_body_bytes=1024, max_header_bytes=1024, trusted_proxies=())


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server with small limits."""
    with serving(SMALL) as served:
        yield served


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"POST /matomo.php HTTP/1.1\r\nHost: h\r\nContent-Length: 1025\r\n\r\n", 413),
        (
            b"POST /matomo.php HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n"
            + b"x" * 1025,
            413,
        ),
        (b"GET /matomo.php?a=" + b"x" * 1025 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        (b"GET /matomo.php?a=" + b"x" * 5000, 414),
        (b"GET /matomo.php?a=1 HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 1025 + b"\r\n\r\n", 431),
        (b"GET /matomo.php?a=1 HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 1025, 431),
        (b"GET /matomo.php?a=1 HTTP/1.1\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(300)), 431),
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET /matomo.php?a=1 HTTP/1.1\r\n\r\n", 400),
        (b"POST /matomo.php HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
        (b"TRACE /matomo.php HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 404),
        (b"GET /matomo.php/extra?idsite=1 HTTP/1.1\r\nHost: h\r\n\r\n", 404),
    ],
)
def test_what_is_refused_is_told_in_plain_text(served: Served, raw: bytes, status: int) -> None:
    """Too large, malformed or not here: a status and a sentence, and nothing is queued."""
    answer = served.send(raw)
    assert answer.status == status
    assert answer.headers["content-type"] == ["text/plain; charset=utf-8"]
    assert answer.body.endswith(b".\n")
    assert served.entries() == {}


def test_pipelined_requests_are_answered_in_order() -> None:
    """Ten requests in one packet, cut anywhere: ten answers, ten entries in order."""
    with serving() as served, served.connect() as connection:
        raw = b"".join(HIT % n for n in range(5)) + b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + HIT % 5
        for start in range(0, len(raw), 97):
            connection.sendall(raw[start : start + 97])
        statuses = [read_answer(connection, head=n == 5).status for n in range(7)]
        assert statuses == [200] * 5 + [404, 200]
        [entries] = served.entries().values()
        assert [entry.requests[0]["n"] for entry in entries] == list("012345")


def test_a_connection_is_kept_or_closed_as_asked() -> None:
    """HTTP/1.1 keeps it unless asked to close, HTTP/1.0 closes it unless asked to keep."""
    with serving() as served:
        for head, closes in (
            (b"HTTP/1.1\r\nHost: h", False),
            (b"HTTP/1.1\r\nHost: h\r\nConnection: close", True),
            (b"HTTP/1.0", True),
        ):
            with served.connect() as connection:
                connection.sendall(b"GET /matomo.php?idsite=1 " + head + b"\r\n\r\n")
                answer = read_answer(connection)
                assert answer.status == 200
                assert ("connection" in answer.headers) is closes
                if closes:
                    assert connection.recv(1) == b""


def test_a_client_that_asks_first_is_told_to_continue() -> None:
    """`Expect: 100-continue` is answered before the body comes."""
    with serving() as served, served.connect() as connection:
        connection.sendall(
            b"POST /matomo.php HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 8\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        assert read_answer(connection).status == 100
        connection.sendall(b"idsite=1")
        assert read_answer(connection).status == 200
        assert len(served.entries()) == 1


@pytest.mark.parametrize("cut", [0, 3, 8])
def test_an_offer_to_upgrade_does_not_lose_the_body(cut: int) -> None:
    """Java's client offers h2c with every request: we stay with HTTP/1.1 and take the body."""
    raw = (
        b"POST /matomo.php HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\nidsite=1"
    )
    with serving() as served, served.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(raw[: len(raw) - cut])
        connection.sendall(raw[len(raw) - cut :])
        assert read_answer(connection).status == 200
        [[entry]] = served.entries().values()
        assert entry.requests == [{"idsite": "1"}]


def test_a_chunked_body_is_read() -> None:
    """Its length, which PHP would know, is in the entry."""
    with serving() as served:
        served.send(
            b"POST /matomo.php HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\n3\r\nids\r\n5\r\nite=1\r\n0\r\n\r\n"
        )
        [[entry]] = served.entries().values()
        assert entry.requests == [{"idsite": "1"}]
        assert entry.server["CONTENT_LENGTH"] == "8"


def test_a_target_beyond_ascii_arrives_as_it_was_sent() -> None:
    """Cut anywhere, with the parser's escape character in it, before a body that is no ASCII either."""
    line = "POST /matomo.php?idsite=1&a=~é~7E&b=日 HTTP/1.1\r\n".encode()
    raw = line + b"Host: h\r\nX-Weird: caf\xc3\xa9~7E\r\nContent-Length: 2\r\n\r\n\xc3\xa9"
    with serving() as served:
        for cut in range(20, len(line) + 30):
            with served.connect() as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.sendall(raw[:cut])
                connection.sendall(raw[cut:])
                assert read_answer(connection).status == 200
        [entries] = served.entries().values()
        for entry in entries:
            assert entry.requests == [{"idsite": "1", "a": "~é~7E", "b": "日"}]
            assert entry.server["REQUEST_URI"] == "/matomo.php?idsite=1&a=~é~7E&b=日"
            assert entry.server["HTTP_X_WEIRD"] == "café~7E"


def test_only_a_trusted_peer_names_the_client() -> None:
    """From a trusted peer the address comes from its header, which is then as before it; else from the socket."""
    raw = HIT[:-2] % 1 + b"X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n"
    with serving(Ingest(trusted_proxies=())) as served:
        served.send(raw)
        [[entry]] = served.entries().values()
        assert entry.server["REMOTE_ADDR"] == "127.0.0.1"
        assert entry.server["HTTP_X_FORWARDED_FOR"] == "6.6.6.6, 203.0.113.9"
        assert "HTTPS" not in entry.server
    with serving(Ingest(trusted_proxies=(ip_network("127.0.0.0/8"),))) as served:
        served.send(raw)
        [[entry]] = served.entries().values()
        assert entry.server["REMOTE_ADDR"] == "203.0.113.9"
        assert entry.server["HTTP_X_FORWARDED_FOR"] == "6.6.6.6"
        assert (entry.server["HTTPS"], entry.server["SERVER_PORT"]) == ("on", "443")


def test_what_was_received_is_answered_before_the_end() -> None:
    """A stop while the broker is slow: the request in flight is durable and answered, the connection closed."""
    with serving() as served, served.connect() as connection, served.connect() as idle:
        with served.queues._mutex:
            connection.sendall(HIT % 1)
            # Accepted and handed to the push thread, which now waits for the mutex.
            idle.sendall(b"GET /healthz/live HTTP/1.1\r\nHost: h\r\n\r\n")
            assert read_answer(idle).status == 200
            served.running.stop()
            assert idle.recv(1) == b"", "an idle connection is closed at once"
        answer = read_answer(connection)
        assert (answer.status, answer.headers["connection"]) == (200, ["close"])
        assert len(served.entries()) == 1


SCRIPT = """
import os, sys
from pathlib import Path
from qtd.config.ingest import Ingest
from qtd.engine.settings import Settings
from qtd.ingest.backing import Backing
from qtd.ingest.server import serve

def make_backing():
    file = open(Path(sys.argv[2]) / f"{os.getpid()}.entries", "ab", buffering=0)
    def push(entries, _count):
        for queue, stored in entries:
            file.write(len(stored).to_bytes(4, "big") + stored)
        os.fsync(file.fileno())
    settings = Settings()
    return Backing(queues=4, push=push, ping=lambda: None, settings=lambda: settings)

serve(Ingest(unix_socket=Path(sys.argv[1]), processes=2), make_backing)
"""


def test_several_processes_share_a_unix_socket_and_end_together(tmp_path: Path) -> None:
    """Two processes serve, a killed one is replaced, SIGTERM ends all, nothing that was answered is missing."""
    path = tmp_path / "s"
    server = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), str(path), str(tmp_path)], stdout=subprocess.DEVNULL
    )
    try:
        accepted = 0
        for n in range(40):
            if n == 20:
                children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(encoding="ascii")
                os.kill(int(children.split()[0]), signal.SIGKILL)
            accepted += one_hit_over(path, n)
        assert accepted >= 39, "only what was on its way to the killed process may be lost"
    finally:
        server.terminate()
        assert server.wait(30) == 0
    assert not path.exists()
    stored = [entry for file in tmp_path.glob("*.entries") for entry in entries_of(file)]
    assert len(stored) >= accepted
    assert all(decode(entry).server["REMOTE_ADDR"] == "0.0.0.0" for entry in stored)


def one_hit_over(path: Path, n: int) -> int:
    """Send one hit over a unix socket, waiting for the server to be there; 1 if it was accepted."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(20)
        while True:
            try:
                connection.connect(str(path))
                break
            except (FileNotFoundError, ConnectionRefusedError):
                os.sched_yield()
        connection.sendall(HIT % n)
        try:
            return int(read_answer(connection).status == 200)
        except ConnectionError:
            return 0


def entries_of(file: Path) -> Iterator[bytes]:
    """Read what the script wrote."""
    data = file.read_bytes()
    while data:
        length = int.from_bytes(data[:4], "big")
        yield data[4 : 4 + length]
        data = data[4 + length :]
