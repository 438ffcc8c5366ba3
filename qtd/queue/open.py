"""Opens the queues that the configuration names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtd.clock import SystemClock
from qtd.config.secret import revealed
from qtd.db.engine import Timeouts, open_engine
from qtd.queue import sentinel, standalone
from qtd.queue.cluster import RedisCluster
from qtd.queue.lock_token import new_token
from qtd.queue.memory import MemoryQueues
from qtd.queue.redis import RedisQueues
from qtd.queue.redis_replicas import Replicas
from qtd.queue.redis_server import RedisServer
from qtd.queue.sql import SqlQueues

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtd.config.redis import Redis as RedisSection
    from qtd.config.root import Config
    from qtd.queue.contract import Queues
    from qtd.queue.redis_servers import Servers


def open_queues(config: Config, *, token: Callable[[], str] = new_token) -> Queues:
    """Return the queues of `config`, connected to nothing yet (see `Queues.ping`); `token` makes those of locks."""
    backend, count = config.queue.backend, config.queue.count
    if backend == "redis":
        return RedisQueues(open_servers(config.redis), count=count, token=token)
    if backend == "sql":
        database = config.queue_database
        timeouts = Timeouts(
            connect=database.connect_timeout_seconds,
            command=database.command_timeout_seconds,
            lock=database.lock_timeout_seconds,
        )
        engine = open_engine(
            config.queue_database_url, password=revealed(database.password), timeouts=timeouts
        )
        return SqlQueues(engine, count=count, prefix=config.database.tables_prefix, token=token)
    return MemoryQueues(count=count, clock=SystemClock(), token=token)


def open_servers(section: RedisSection) -> Servers:
    """Return the Redis server or servers of `redis` in the configuration."""
    replicas = Replicas.of(section)
    if section.mode == "cluster":
        return RedisCluster(section, replicas=replicas)
    connect = sentinel.connect if section.mode == "sentinel" else standalone.connect
    return RedisServer(connect(section), replicas=replicas)
