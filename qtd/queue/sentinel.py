"""The connection to the master that Redis Sentinels watch, whoever that is at the moment."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from redis import Redis
from redis.sentinel import Sentinel as RedisSentinel

from qtd.queue.redis_connection import account, common, once

if TYPE_CHECKING:
    from qtd.config.redis import Redis as RedisSection


def connect(section: RedisSection) -> Redis:
    """Return a client for all threads of this process; with its first command it asks a Sentinel.

    Each new connection asks anew, the Sentinel that answered last first. A master that has become a replica
    answers READONLY; that closes the connection, so the next call finds its successor. Sentinels and servers
    share the TLS settings, not the account.
    """
    sentinels: Any = _Sentinels(
        [(address.host, address.port) for address in section.hosts],
        sentinel_kwargs={
            **common(section),
            **account(section.sentinel.username, section.sentinel.password),
            "retry": once(),
        },
        **common(section),
        **account(section.username, section.password),
        db=section.database,
        retry=once(),
    )
    master: Redis = sentinels.master_for(section.sentinel.master_name, redis_class=_Master)
    return master


class _Sentinels(RedisSentinel):
    """Asked by one thread at a time: redis-py moves whoever answered to the front of the list it walks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self._asking = Lock()

    def discover_master(self, service_name: str) -> tuple[str, int]:
        with self._asking:
            address: tuple[str, int] = super().discover_master(service_name)  # type: ignore[no-untyped-call]
            return address


class _Master(Redis):
    """Closes the connections to the Sentinels with its own."""

    def close(self) -> None:
        super().close()
        pool: Any = self.connection_pool
        pool.sentinel_manager.close()
