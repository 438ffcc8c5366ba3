"""A door between a worker and MariaDB, at which the worker is caught at a chosen point of a batch.

A worker spends milliseconds between two steps of a batch; nobody kills it just there by chance. So it reaches its
database through a port of ours, which holds the one statement that is waited for: while it is held, the test does
what it likes to the worker or the server, and then lets the statement pass, or loses it with its connection.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum

from tests.faults.patience import PATIENCE
from tests.servers.process import ServerError

#: MySQL's protocol: three bytes of length, one of sequence; then, from the client, the command.
_HEADER = 4
_QUERY = 0x03


class Point(StrEnum):
    """Where in a batch a worker is caught; the statement named has not reached the server yet, but for the last."""

    #: its entries are read, and it asks the ledger which of them were applied
    LOOK = "look"
    #: it begins the transaction by raising the ledger's count, under its fence
    BEGIN = "begin"
    #: it writes rows
    WRITE = "write"
    COMMIT = "commit"
    #: the server has committed, and the worker does not know yet
    COMMITTED = "committed"


_LOOK = re.compile(rb"SELECT batches FROM `qtd_ledger`")
_BEGIN = re.compile(rb"UPDATE `qtd_ledger` SET batches")
_WRITE = re.compile(rb"INSERT INTO `log_(?:visit|link_visit_action|conversion)`|UPDATE `log_visit`")


class Trap:
    """Catches one statement."""

    def __init__(self, point: Point) -> None:
        self.point = point
        self._caught = threading.Event()
        self._decided = threading.Event()
        self._answered = threading.Event()
        self._lost = False
        self._client: socket.socket | None = None

    @property
    def caught(self) -> bool:
        """Whether the worker is in it."""
        return self._caught.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait so long at most; return whether the worker is in it."""
        return self._caught.wait(seconds)

    def release(self) -> None:
        """Let the statement pass, or the answer come back."""
        self._decided.set()

    def release_and_wait(self) -> None:
        """The same, and return when the answer has come, or the connection is lost: what is frozen will find it."""
        self.release()
        if not self._answered.wait(PATIENCE):
            raise ServerError(f"the statement at {self.point} was not answered within {PATIENCE:g} s")

    def answered(self) -> None:
        """Take note of that."""
        self._answered.set()

    def lose(self) -> None:
        """Lose it, and the connection."""
        self._lost = True
        self._decided.set()

    def given_up(self) -> bool:
        """Whether the worker has closed the connection meanwhile, or died."""
        if self._client is None:
            return False
        try:
            return not self._client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def hold(self, client: socket.socket) -> bool:
        """Keep the caller here until it is decided; return whether it may go on."""
        self._client = client
        self._caught.set()
        self._decided.wait()
        return not self._lost


class MariaDbDoor:
    """Listens on a port of its own and passes everything on to the server's."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._armed: Trap | None = None
        self._all: list[Trap] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, name="door", daemon=True).start()

    def set_trap(self, point: Point) -> Trap:
        """Catch the next statement at that point."""
        trap = Trap(point)
        with self._lock:
            if self._armed is not None:
                raise ServerError("there is a trap already")
            self._armed = trap
            self._all.append(trap)
        return trap

    def clear(self) -> None:
        """Disarm, and release whoever is held."""
        with self._lock:
            self._armed = None
            traps, self._all = self._all, []
        for trap in traps:
            trap.release()

    def close(self) -> None:
        """Take no more connections."""
        self.clear()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            _Passage(self, client).start()

    def connect(self) -> socket.socket:
        """Open a connection to the server."""
        return socket.create_connection(("127.0.0.1", self._server_port), PATIENCE)

    def sprung(self, point: Point) -> Trap | None:
        """Return the trap that is set at a point, which it is no longer."""
        with self._lock:
            if self._armed is None or self._armed.point is not point:
                return None
            trap, self._armed = self._armed, None
            return trap


class _Passage:
    """One connection: a thread for each direction."""

    def __init__(self, door: MariaDbDoor, client: socket.socket) -> None:
        self._door = door
        self._client = client
        self._in_batch = False
        #: holds back the answer to a commit
        self._answer: Trap | None = None
        #: whose statement has passed
        self._passed: Trap | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="passage", daemon=True).start()

    def _run(self) -> None:
        try:
            server = self._door.connect()
        except OSError:
            self._client.close()  # as abrupt as a server that dies while one connects
            return
        for end in (self._client, server):
            end.settimeout(None)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=self._answers, args=(server,), name="passage back", daemon=True)
        back.start()
        with suppress(OSError):
            self._commands(server)
        _shut(server)
        _shut(self._client)
        back.join(PATIENCE)
        server.close()
        self._client.close()

    def _commands(self, server: socket.socket) -> None:
        for packet in _packets(self._client):
            point = self._point(packet)
            if point is Point.COMMIT:
                # Set before the server can answer.
                self._answer = self._door.sprung(Point.COMMITTED)
            trap = None if point is None else self._door.sprung(point)
            if trap is not None:
                self._passed = trap
                if not trap.hold(self._client):
                    return
            server.sendall(packet)

    def _point(self, packet: bytes) -> Point | None:
        if len(packet) <= _HEADER or packet[_HEADER] != _QUERY:
            return None
        query = packet[_HEADER + 1 : _HEADER + 120]
        if query.startswith((b"COMMIT", b"ROLLBACK")):
            was, self._in_batch = self._in_batch, False
            return Point.COMMIT if was and query.startswith(b"COMMIT") else None
        if _BEGIN.match(query):
            self._in_batch = True
            return Point.BEGIN
        if _LOOK.match(query):
            return Point.LOOK
        return Point.WRITE if self._in_batch and _WRITE.match(query) else None

    def _answers(self, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                trap, self._answer = self._answer, None
                if trap is not None:
                    self._passed = trap
                    if not trap.hold(self._client):
                        break
                # Taken now: once the client has this answer, the next statement may be caught.
                passed, self._passed = self._passed, None
                self._client.sendall(data)
                if passed is not None:
                    passed.answered()
        _shut(server)
        _shut(self._client)
        if self._passed is not None:
            self._passed.answered()


def _packets(end: socket.socket) -> Iterator[bytes]:
    """Yield what the client sends, packet by packet."""
    buffer = b""
    while data := end.recv(65536):
        buffer += data
        while len(buffer) >= _HEADER:
            size = _HEADER + int.from_bytes(buffer[:3], "little")
            if len(buffer) < size:
                break
            yield buffer[:size]
            buffer = buffer[size:]


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
