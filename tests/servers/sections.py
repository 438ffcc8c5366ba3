"""The `redis` section of a configuration that reaches a server of the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtd.config.redis import Redis
from tests.servers.sentinel import MASTER_NAME, SENTINELS_PASSWORD, SERVERS_PASSWORD

if TYPE_CHECKING:
    from tests.servers.cluster import ClusterServers
    from tests.servers.redis import RedisServer, SecuredRedisServer
    from tests.servers.sentinel import SentinelGroup


def tcp(server: RedisServer, **more: object) -> Redis:
    """Reach a server by its port."""
    return Redis.model_validate({"hosts": [server.address], **more})


def unix_socket(server: RedisServer, **more: object) -> Redis:
    """Reach it by its socket."""
    return Redis.model_validate({"unix_socket": str(server.unix_socket), **more})


def secured(server: SecuredRedisServer, **more: object) -> Redis:
    """Reach it by TLS, with the client's certificate and the account."""
    certificates = server.certificates
    tls = {
        "enabled": True,
        "ca_file": str(certificates.authority.certificate),
        "certificate_file": str(certificates.client.certificate),
        "certificate_key_file": str(certificates.client.key),
    }
    return Redis.model_validate(
        {
            "hosts": [f"127.0.0.1:{server.tls_port}"],
            "username": server.username,
            "password": server.account_password,
            "tls": tls,
            **more,
        }
    )


def sentinel(group: SentinelGroup, **more: object) -> Redis:
    """Ask the Sentinels."""
    return Redis.model_validate(
        {
            "mode": "sentinel",
            "hosts": [f"127.0.0.1:{server.port}" for server in group.sentinels],
            "password": SERVERS_PASSWORD,
            "sentinel": {"master_name": MASTER_NAME, "password": SENTINELS_PASSWORD},
            **more,
        }
    )


def cluster(servers: ClusterServers, **more: object) -> Redis:
    """Ask one server for all the others."""
    return Redis.model_validate({"mode": "cluster", "hosts": [servers.servers[0].address], **more})
