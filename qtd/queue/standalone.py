"""The connection to a single Redis server, by TCP, TLS or Unix socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from qtd.config.secret import revealed

if TYPE_CHECKING:
    from qtd.config.redis import Redis as RedisSection
    from qtd.config.redis import Tls


def connect(section: RedisSection) -> Redis:
    """Return a client for all threads of this process; it connects with its first command.

    redis-py repeats nothing by itself: it can not know whether an RPUSH took place whose answer is missing;
    whoever pushed decides. A connection that the server closed meanwhile is noticed and replaced before use.
    """
    arguments: dict[str, Any] = {
        "db": section.database,
        "username": section.username,
        "password": revealed(section.password),
        "socket_connect_timeout": section.connect_timeout_seconds,
        "socket_timeout": section.command_timeout_seconds,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,  # nothing of RESP3 is used, and its handshake asks for a privilege more
    }
    if section.unix_socket is not None:
        return Redis(unix_socket_path=str(section.unix_socket), **arguments)
    if section.tls.enabled:
        arguments |= _tls(section.tls)
    [address] = section.hosts
    return Redis(host=address.host, port=address.port, **arguments)


def _tls(tls: Tls) -> dict[str, Any]:
    files = {
        "ssl_ca_certs": tls.ca_file,
        "ssl_certfile": tls.certificate_file,
        "ssl_keyfile": tls.certificate_key_file,
    }
    given = {name: str(path) for name, path in files.items() if path is not None}
    return {"ssl": True, "ssl_cert_reqs": "required", "ssl_check_hostname": True, **given}
