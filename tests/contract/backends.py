"""The backends that the contract suite runs over, and what a test must do behind their backs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sqlalchemy import update

from qtd.config.redis import Redis
from qtd.config.values import Address
from qtd.db.engine import Timeouts, open_engine
from qtd.db.transaction import writing
from qtd.queue.memory import MemoryQueues
from qtd.queue.redis import RedisQueues
from qtd.queue.redis_keys import lock_key
from qtd.queue.sql import SqlQueues
from qtd.queue.sql_tables import queue_tables
from qtd.queue.standalone import connect
from tests.fake_clock import FakeClock

if TYPE_CHECKING:
    from qtd.queue.contract import Queues
    from tests.servers.redis import RedisServer

#: Queues of each backend under test.
COUNT = 4


class Backend(Protocol):
    """One broker with empty queues."""

    def open(self) -> Queues:
        """Return the queues as another process would open them."""

    def expire(self, queue: int) -> None:
        """Let the time of the queue's lock run out, by the broker's clock."""

    def close(self) -> None:
        """Close all that was opened."""


class MemoryBackend:
    """There is only one process, so everybody gets the same object."""

    def __init__(self) -> None:
        self._clock = FakeClock()
        self._queues = MemoryQueues(count=COUNT, clock=self._clock)

    def open(self) -> Queues:
        """Return the one object."""
        return self._queues

    def expire(self, queue: int) -> None:
        """Move the clock beyond any lock in these tests, whatever the queue."""
        del queue
        self._clock.advance(86400)

    def close(self) -> None:
        """Nothing is open."""


class RedisBackend:
    """A Redis server's queues."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self._opened: list[Queues] = []

    def open(self) -> Queues:
        """Connect once more."""
        section = Redis(hosts=(Address("127.0.0.1", self._server.port),))
        queues = RedisQueues(connect(section), count=COUNT)
        self._opened.append(queues)
        return queues

    def expire(self, queue: int) -> None:
        """Set an expiry that is over."""
        with self._server.client() as client:
            assert client.pexpire(lock_key(queue), 0)

    def close(self) -> None:
        """Close the clients."""
        for queues in self._opened:
            queues.close()


class SqlBackend:
    """A database's queues."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: list[Queues] = []
        self._engine = open_engine(url)

    def open(self) -> Queues:
        """Open the database once more."""
        queues = SqlQueues(open_engine(self._url, timeouts=Timeouts(lock=30, command=40)), count=COUNT)
        self._opened.append(queues)
        return queues

    def expire(self, queue: int) -> None:
        """Set an expiry in the past: the first millisecond of 1970."""
        head = queue_tables().head
        with writing(self._engine) as connection:
            statement = update(head).where(head.c.queue == queue, head.c.lock_token.is_not(None))
            assert connection.execute(statement.values(lock_expires=1)).rowcount == 1

    def close(self) -> None:
        """Close the engines."""
        self._engine.dispose()
        for queues in self._opened:
            queues.close()
