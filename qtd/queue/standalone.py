"""The connection to a single Redis server, by TCP, TLS or Unix socket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """Where a Redis server is and who we are to it."""

    host: str = "127.0.0.1"
    port: int = 6379
    #: Path of a Unix socket: replaces host and port.
    unix_socket: str | None = None
    database: int = 0
    #: An ACL user, None for the default one.
    username: str | None = None
    password: str | None = None
    #: redis-py's `ssl*` arguments; None means no TLS.
    tls: dict[str, Any] | None = None
    #: Seconds to make a connection, and to wait for one answer.
    connect_timeout: float = 2.0
    command_timeout: float = 5.0


def connect(server: Server) -> Redis:
    """Return a client for all threads of this process; it connects with its first command.

    redis-py repeats nothing by itself: it can not know whether an RPUSH whose answer is missing took place,
    so whoever pushed decides. A connection that the server closed meanwhile is noticed and replaced before
    use.
    """
    arguments: dict[str, Any] = {
        "db": server.database,
        "username": server.username,
        "password": server.password,
        "socket_connect_timeout": server.connect_timeout,
        "socket_timeout": server.command_timeout,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,  # nothing of RESP3 is used, and its handshake asks for a privilege more
    }
    if server.unix_socket is not None:
        return Redis(unix_socket_path=server.unix_socket, **arguments)
    if server.tls is not None:
        arguments |= {"ssl": True, **server.tls}
    return Redis(host=server.host, port=server.port, **arguments)
