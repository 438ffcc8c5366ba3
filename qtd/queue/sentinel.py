"""The connection to the master that Redis Sentinels watch, whoever that is at the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis import Redis, RedisError
from redis.sentinel import MasterNotFoundError
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
    sentinels: Any = _Sentinels(  # type: ignore[no-untyped-call]
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
    """Asks one after the other, as redis-py does; but says of each why not, in words, without its account."""

    def discover_master(self, service_name: str) -> tuple[str, int]:
        """Return the address of the master by that name.

        Raises:
            MasterNotFoundError: no Sentinel answers, knows the name, or believes the master to be up.
        """
        reasons = []
        for sentinel in self.sentinels:
            arguments = sentinel.connection_pool.connection_kwargs
            address = f"{arguments['host']}:{arguments['port']}"
            try:
                masters: Any = sentinel.sentinel_masters()
            except RedisError as error:
                reasons.append(f"{address}: {error}")
                continue
            state = masters.get(service_name)
            if state is None:
                reasons.append(f"{address} knows no such master")
            elif not self.check_master_state(state, service_name):  # type: ignore[no-untyped-call]
                reasons.append(f"{address} believes it to be down")
            else:
                # A new list, since another thread may be walking through this one.
                self.sentinels = [sentinel, *(other for other in self.sentinels if other is not sentinel)]
                return state["ip"], state["port"]
        raise MasterNotFoundError(f"no Sentinel names the master {service_name!r}: {'; '.join(reasons)}")


class _Master(Redis):
    """Closes the connections to the Sentinels with its own."""

    def close(self) -> None:
        """Close all of them."""
        super().close()
        pool: Any = self.connection_pool
        pool.sentinel_manager.close()
