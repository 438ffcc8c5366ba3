"""The backends that the contract suite runs over, and what a test must do behind their backs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sqlalchemy import update

from qtd.config.redis import Redis
from qtd.db.engine import Timeouts, open_engine
from qtd.db.transaction import writing
from qtd.queue.lock_token import new_token
from qtd.queue.memory import MemoryBroker, MemoryQueues
from qtd.queue.open import open_servers
from qtd.queue.redis import RedisQueues
from qtd.queue.redis_keys import lock_key
from qtd.queue.sql import SqlQueues
from qtd.queue.sql_tables import queue_tables
from tests.fake_clock import FakeClock
from tests.servers import sections

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtd.queue.contract import Queues
    from tests.servers.cluster import ClusterServers
    from tests.servers.redis import RedisServer, SecuredRedisServer
    from tests.servers.sentinel import SentinelGroup

#: Queues of each backend under test.
COUNT = 4


class Backend(Protocol):
    """One broker with empty queues."""

    def open(self, count: int = COUNT, token: Callable[[], str] = new_token) -> Queues:
        """Return the queues as another process would open them."""

    def expire(self, queue: int) -> None:
        """Let the time of the queue's lock run out, by the broker's clock."""

    def close(self) -> None:
        """Close all that was opened."""


class MemoryBackend:
    """There is only one process; whoever opens it again shares what is in it."""

    def __init__(self) -> None:
        self._clock = FakeClock()
        self._broker = MemoryBroker()

    def open(self, count: int = COUNT, token: Callable[[], str] = new_token) -> Queues:
        """Return another view of the one broker."""
        return MemoryQueues(count=count, clock=self._clock, token=token, broker=self._broker)

    def expire(self, queue: int) -> None:
        """Move the clock beyond any lock in these tests, whatever the queue."""
        del queue
        self._clock.advance(86400)

    def close(self) -> None:
        """Nothing is open."""


class RedisBackend:
    """Redis' queues, in any topology; `server_of` tells where a key is, for looks behind the scenes."""

    def __init__(self, section: Redis, server_of: Callable[[str], RedisServer]) -> None:
        self._section = section
        self._server_of = server_of
        self._opened: list[Queues] = []

    @classmethod
    def of_server(cls, server: RedisServer) -> RedisBackend:
        """Reach a single server by TCP."""
        return cls(sections.tcp(server), lambda _: server)

    @classmethod
    def of_unix_socket(cls, server: RedisServer) -> RedisBackend:
        """Reach it by its socket."""
        return cls(sections.unix_socket(server), lambda _: server)

    @classmethod
    def of_secured_server(cls, server: SecuredRedisServer) -> RedisBackend:
        """Reach it by TLS, with a certificate, as a user with few rights."""
        return cls(sections.secured(server), lambda _: server)

    @classmethod
    def of_sentinels(cls, group: SentinelGroup) -> RedisBackend:
        """Reach the master that the Sentinels name, and wait for its replica."""
        return cls(sections.sentinel(group, wait_replicas=1), lambda _: group.master)

    @classmethod
    def of_cluster(cls, cluster: ClusterServers) -> RedisBackend:
        """Reach each queue where its slot is."""
        return cls(sections.cluster(cluster), cluster.owner_of)

    def open(self, count: int = COUNT, token: Callable[[], str] = new_token) -> Queues:
        """Connect once more."""
        queues = RedisQueues(open_servers(self._section), count=count, token=token)
        self._opened.append(queues)
        return queues

    def expire(self, queue: int) -> None:
        """Set an expiry that is over."""
        key = lock_key(queue)
        with self._server_of(key).client() as client:
            assert client.pexpire(key, 0)

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

    def open(self, count: int = COUNT, token: Callable[[], str] = new_token) -> Queues:
        """Open the database once more."""
        engine = open_engine(self._url, timeouts=Timeouts(lock=30, command=40))
        queues = SqlQueues(engine, count=count, token=token)
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
