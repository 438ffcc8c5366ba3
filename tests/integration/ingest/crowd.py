"""Visitors who send one hit after the other, each over a connection of its own, and note what they are told."""

from __future__ import annotations

import http.client
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from qtd.queue.redis_keys import list_key
from qtd.wire.request_set import RequestSet, decode, identity
from tests.servers.waiting import until


class Crowd:
    """A thread for each visitor; a hit is sent when the one before was answered, so their order is known."""

    def __init__(self, port: int, visitors: int, *, padding: int = 0, pause_seconds: float = 0.0) -> None:
        """`pause_seconds` are between an answer and the visitor's next hit."""
        self._port = port
        self._pause = pause_seconds
        self._padding = padding
        self._stop = threading.Event()
        #: by visitor: the numbers of the hits answered with 200
        self.accepted: dict[str, list[int]] = {
            f"{number * 311 % 4096:03x}{number:013x}": [] for number in range(1, visitors + 1)
        }
        #: how often each other status came; 0: the connection broke
        self.others: dict[int, int] = defaultdict(int)
        self._threads = [
            threading.Thread(target=self._visit, args=(visitor,), daemon=True) for visitor in self.accepted
        ]

    @property
    def total(self) -> int:
        """How many hits were accepted."""
        return sum(map(len, self.accepted.values()))

    def more(self, hits: int) -> None:
        """Wait until so many more are accepted."""
        wanted = self.total + hits
        until(lambda: self.total >= wanted, f"{hits} more hits are accepted; others: {dict(self.others)}")

    @contextmanager
    def visiting(self) -> Iterator[None]:
        """Send hits for the duration."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(60)

    def _visit(self, visitor: str) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            status = self._hit(visitor, number)
            if status == 200:
                self.accepted[visitor].append(number)
                if self._pause:
                    self._stop.wait(self._pause)
            else:
                self.others[status] += 1
                self._stop.wait(0.02)  # as a client with manners

    def _hit(self, visitor: str, number: int) -> int:
        padding = f"&p={os.urandom(self._padding).hex()}" if self._padding else ""
        try:
            return get(
                self._port,
                f"/matomo.php?idsite=1&rec=1&_id={visitor}&n={number}&url=http://example.org/{number}{padding}",
            )[0]
        except (OSError, http.client.HTTPException):
            return 0


def get(port: int, target: str) -> tuple[int, bytes]:
    """Send one request over a connection of its own; return status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def recorded(client: redis.Redis, queues: int) -> dict[str, list[int]]:
    """Return the hits of each visitor as a worker would record them: in queue order, an entry's repeats left out."""
    hits: dict[str, list[int]] = defaultdict(list)
    for queue in range(queues):
        seen: set[str] = set()
        for one in client.lrange(list_key(queue), 0, -1):
            assert isinstance(one, bytes)
            entry = decode(one)
            if identity(one, entry) not in seen:
                seen.add(identity(one, entry))
                _note(hits, entry)
    return hits


def _note(hits: dict[str, list[int]], entry: RequestSet) -> None:
    for request in entry.requests:
        hits[str(request["_id"])].append(int(str(request["n"])))


def assert_nothing_lost_or_reordered(crowd: Crowd, found: dict[str, list[int]]) -> None:
    """Every accepted hit is there once, each visitor's in the order in which they were accepted."""
    for visitor, accepted in crowd.accepted.items():
        known = set(accepted)
        assert [number for number in found[visitor] if number in known] == accepted, visitor
