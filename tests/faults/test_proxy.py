"""The door between worker and database: it holds the statement that is waited for, and no other."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.faults.patience import until
from tests.faults.proxy import MariaDbDoor, Point, Trap
from tests.servers.process import ServerError

BEGIN = b"UPDATE `qtd_ledger` SET batches = batches + 1"


def packet(query: bytes) -> bytes:
    """A statement as MySQL's clients send it."""
    return (len(query) + 1).to_bytes(3, "little") + b"\0\3" + query


class Server:
    """Answers each statement with itself, and remembers them."""

    def __init__(self) -> None:
        self.statements: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._answer, args=self._listening.accept()[:1], daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            while data := client.recv(65536):
                self.statements.append(data[5:])
                client.sendall(data)


@pytest.fixture
def server() -> Iterator[Server]:
    """Run one."""
    running = Server()
    yield running
    running.close()


@pytest.fixture
def door(server: Server) -> Iterator[MariaDbDoor]:
    """Open the door to it."""
    opened = MariaDbDoor(server.port)
    yield opened
    opened.close()


@pytest.fixture
def client(door: MariaDbDoor) -> Iterator[socket.socket]:
    """Connect through the door."""
    with socket.create_connection(("127.0.0.1", door.port), 20) as connection:
        yield connection


def say(client: socket.socket, *queries: bytes) -> None:
    """Send statements one by one, each when the one before was answered."""
    for query in queries:
        client.sendall(packet(query))
        assert client.recv(65536) == packet(query)


def caught(trap: Trap) -> None:
    """Wait until somebody is."""
    assert trap.wait(20)


def test_what_is_not_waited_for_passes(client: socket.socket, door: MariaDbDoor, server: Server) -> None:
    """A batch goes through while a trap for something else is set; statements in one piece are taken apart."""
    door.set_trap(Point.LOOK)
    say(client, BEGIN, b"INSERT INTO `log_visit` VALUES (1)", b"COMMIT")
    both = packet(b"SELECT 1") + packet(b"SELECT 2")
    client.sendall(both)
    answers = b""
    while len(answers) < len(both):
        answers += client.recv(65536)
    assert answers == both
    assert server.statements[:2] == [BEGIN, b"INSERT INTO `log_visit` VALUES (1)"]


@pytest.mark.parametrize(
    ("point", "before", "query"),
    [
        (Point.LOOK, [], b"SELECT batches FROM `qtd_ledger` WHERE queue = 1"),
        (Point.BEGIN, [], BEGIN),
        (Point.WRITE, [BEGIN], b"INSERT INTO `log_link_visit_action` VALUES (1)"),
        (Point.COMMIT, [BEGIN], b"COMMIT"),
    ],
)
def test_a_statement_is_held_back(
    client: socket.socket,
    door: MariaDbDoor,
    server: Server,
    *,
    point: Point,
    before: list[bytes],
    query: bytes,
) -> None:
    """It has not reached the server when the worker is caught, and does so when it is released."""
    trap = door.set_trap(point)
    say(client, b"COMMIT", *before)  # a commit of something else than a batch is nobody's
    client.sendall(packet(query))
    caught(trap)
    assert server.statements == [b"COMMIT", *before]
    trap.release_and_wait()
    assert server.statements[-1] == query
    assert client.recv(65536) == packet(query)


def test_an_answer_is_held_back(client: socket.socket, door: MariaDbDoor, server: Server) -> None:
    """Point.COMMITTED: the server has it, the client does not know."""
    trap = door.set_trap(Point.COMMITTED)
    say(client, BEGIN)
    client.sendall(packet(b"COMMIT"))
    caught(trap)
    assert server.statements == [BEGIN, b"COMMIT"]
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(1)
    trap.release_and_wait()
    client.settimeout(20)
    assert client.recv(65536) == packet(b"COMMIT")


@pytest.mark.parametrize("point", [Point.COMMIT, Point.COMMITTED])
def test_a_connection_is_lost(client: socket.socket, door: MariaDbDoor, server: Server, point: Point) -> None:
    """The client hears nothing; whether the server has heard depends on the point."""
    trap = door.set_trap(point)
    say(client, BEGIN)
    client.sendall(packet(b"COMMIT"))
    caught(trap)
    trap.lose()
    assert client.recv(65536) == b""
    assert server.statements == [BEGIN, b"COMMIT"][: 1 + (point is Point.COMMITTED)]


def test_a_client_that_gives_up_is_noticed(client: socket.socket, door: MariaDbDoor, server: Server) -> None:
    """Its statement reaches the server all the same, if it is released."""
    trap = door.set_trap(Point.BEGIN)
    assert not trap.given_up()
    client.sendall(packet(BEGIN))
    caught(trap)
    assert not trap.given_up()
    client.close()
    until(trap.given_up, "the client is gone")
    trap.release_and_wait()
    until(lambda: server.statements == [BEGIN], "the statement arrives")


def test_one_trap_at_a_time(client: socket.socket, door: MariaDbDoor) -> None:
    """Two would be a mistake; clearing disarms, and lets go whoever is held."""
    trap = door.set_trap(Point.BEGIN)
    with pytest.raises(ServerError):
        door.set_trap(Point.LOOK)
    client.sendall(packet(BEGIN))
    caught(trap)
    door.clear()
    assert client.recv(65536) == packet(BEGIN)
    say(client, BEGIN)
