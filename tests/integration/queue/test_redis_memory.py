"""What servers say of their memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qtd.errors import BrokerUnavailable
from qtd.queue.open import open_servers
from qtd.queue.redis_memory import ServerMemory, memory_of
from tests.servers import sections
from tests.servers.redis import running_redis

if TYPE_CHECKING:
    from qtd.config.redis import Redis
    from tests.servers.cluster import ClusterServers
    from tests.servers.redis import SecuredRedisServer
    from tests.servers.sentinel import SentinelGroup


def memory(section: Redis) -> list[ServerMemory]:
    """Ask for it."""
    servers = open_servers(section)
    try:
        return memory_of(servers)
    finally:
        servers.close()


def test_a_server_says_what_it_uses_and_may_use() -> None:
    """More once there is more in it; without `maxmemory` there is no most."""
    with running_redis("--maxmemory", "100mb") as server:
        (before,) = memory(sections.tcp(server))
        with server.client() as client:
            client.set("large", b"x" * 5_000_000)
            (after,) = memory(sections.tcp(server))
            client.config_set("maxmemory", 0)
        (unlimited,) = memory(sections.tcp(server))
    assert after.used > before.used + 4_900_000
    assert after.peak >= after.used - 100_000
    assert (after.most, unlimited.most) == (100 * 1024**2, None)


def test_every_master_is_asked(cluster: ClusterServers, sentinels: SentinelGroup) -> None:
    """All of a cluster, and whom the Sentinels name."""
    assert len(memory(sections.cluster(cluster))) == len(cluster.masters)
    assert len(memory(sections.sentinel(sentinels))) == 1


def test_an_account_may_not_be_allowed_to_ask(secured_redis: SecuredRedisServer) -> None:
    """The server's reason is told."""
    with pytest.raises(BrokerUnavailable, match="info"):
        memory(sections.secured(secured_redis))
