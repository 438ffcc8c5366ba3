"""A real server for tests: on a free port, over queues in memory, ended as a signal would."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from qtd.clock import SystemClock
from qtd.config.ingest import Ingest
from qtd.engine.authentication import hash_token
from qtd.engine.settings import Settings
from qtd.engine.site import Site
from qtd.ingest.backing import Backing
from qtd.ingest.counters import Counters
from qtd.ingest.server import Running, serve
from qtd.queue.memory import MemoryQueues
from qtd.wire.request_set import RequestSet, decode

SALT = "oracle-salt-0123456789abcdef01234567"
SUPER_USER = "c0ffee00" * 4
WRITER = "0badcafe" * 4


def world_settings(**tracker: str) -> Settings:
    """The recorded installation's settings, as far as accepting depends on them."""
    known = Settings()
    return Settings(
        salt=SALT,
        sites={number: Site(idsite=number, urls=("http://example.org",)) for number in (1, 2)},
        tracker={**known.tracker, **tracker},
        super_user_tokens=frozenset((hash_token(SUPER_USER, SALT),)),
        site_tokens={1: frozenset((hash_token(WRITER, SALT),))},
    )


@dataclass
class Served:
    """A running endpoint and what came out of it."""

    queues: MemoryQueues
    counters: Counters
    running: Running
    recorded_now: list[RequestSet] = field(default_factory=list)

    def connect(self) -> socket.socket:
        """Open a connection."""
        host, _, port = self.running.addresses[0].rpartition(":")
        return socket.create_connection((host, int(port)), timeout=20)

    def send(self, raw: bytes) -> HttpAnswer:
        """Send one raw request on a connection of its own and return the answer."""
        with self.connect() as connection:
            connection.sendall(raw)
            return read_answer(connection, head=raw.startswith(b"HEAD"))

    def entries(self) -> dict[int, list[RequestSet]]:
        """Return all entries by queue, decoded."""
        waiting = {queue: self.queues.read(queue, 10_000) for queue in range(self.queues.count)}
        return {queue: [decode(one) for one in stored] for queue, stored in waiting.items() if stored}


@dataclass(frozen=True)
class HttpAnswer:
    """An answer taken apart."""

    status: int
    headers: dict[str, list[str]]
    body: bytes


def read_answer(connection: socket.socket, *, head: bool = False) -> HttpAnswer:
    """Read one answer from a connection."""
    end = -1
    while end < 0:  # looked at first, taken then: what follows is the next answer's
        seen = connection.recv(65536, socket.MSG_PEEK)
        if not seen:
            raise ConnectionError("the server closed the connection")
        end = seen.find(b"\r\n\r\n")
    lines = connection.recv(end + 4, socket.MSG_WAITALL)[:-4].decode("latin-1").split("\r\n")
    headers: dict[str, list[str]] = {}
    for line in lines[1:]:
        name, _, value = line.partition(": ")
        headers.setdefault(name.lower(), []).append(value)
    length = 0 if head else int(headers.get("content-length", ["0"])[0])
    body = connection.recv(length, socket.MSG_WAITALL) if length else b""
    assert len(body) == length
    return HttpAnswer(int(lines[0].split(" ")[1]), headers, body)


@contextmanager
def serving(
    config: Ingest | None = None,
    *,
    settings: Callable[[], Settings] = world_settings,
    records_now: bool = False,
) -> Iterator[Served]:
    """Run the endpoint in a thread, on a free port."""
    queues = MemoryQueues(count=4, clock=SystemClock())
    counters = Counters()
    recorded_now: list[RequestSet] = []
    in_force = settings()
    backing = Backing(
        queues=4,
        push=lambda entries, _count: queues.push(entries),
        ping=queues.ping,
        settings=lambda: in_force,
        record_now=recorded_now.append if records_now else None,
    )
    started = threading.Event()
    running: list[Running] = []

    def note(one: Running) -> None:
        running.append(one)
        started.set()

    config = (config or Ingest(trusted_proxies=())).model_copy(update={"port": 0})
    thread = threading.Thread(
        target=serve, args=(config, lambda: backing), kwargs={"counters": counters, "started": note}
    )
    thread.start()
    try:
        assert started.wait(20), "the server did not start"
        yield Served(queues, counters, running[0], recorded_now)
    finally:
        if running:
            running[0].stop()
        thread.join(30)
        assert not thread.is_alive(), "the server did not end"
