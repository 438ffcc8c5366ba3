"""The connection to a single Redis server, by TCP, TLS or Unix socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis import Redis

from qtd.queue.redis_connection import account, common, once

if TYPE_CHECKING:
    from qtd.config.redis import Redis as RedisSection


def connect(section: RedisSection) -> Redis:
    """Return a client for all threads of this process; it connects with its first command."""
    arguments: dict[str, Any] = {
        **common(section),
        **account(section.username, section.password),
        "db": section.database,
        "retry": once(),
    }
    if section.unix_socket is not None:
        return Redis(unix_socket_path=str(section.unix_socket), **arguments)
    [address] = section.hosts
    return Redis(host=address.host, port=address.port, **arguments)
