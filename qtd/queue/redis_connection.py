"""What a connection to Redis needs besides the address: account, encryption, timeouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis.backoff import NoBackoff
from redis.retry import Retry

from qtd.config.secret import revealed

if TYPE_CHECKING:
    from pydantic import SecretStr

    from qtd.config.redis import Redis as RedisSection
    from qtd.config.redis import Tls


def account(username: str | None, password: SecretStr | None) -> dict[str, Any]:
    """Return redis-py's arguments for an ACL user, or for the default user where there is no name."""
    return {"username": username, "password": revealed(password)}


def common(section: RedisSection) -> dict[str, Any]:
    """Return the arguments that are the same for every server of the section, Sentinels included.

    Nothing of RESP3 is used, and its handshake asks for a privilege more.
    """
    return {
        "socket_connect_timeout": section.connect_timeout_seconds,
        "socket_timeout": section.command_timeout_seconds,
        "protocol": 2,
        **_tls(section.tls),
    }


def once() -> Retry:
    """Return redis-py's policy for repeating: not at all.

    It can not know whether an RPUSH took place whose answer is missing; whoever pushed decides. A connection
    that the server closed meanwhile is noticed and replaced before use.
    """
    return Retry(NoBackoff(), 0)


def _tls(tls: Tls) -> dict[str, Any]:
    if not tls.enabled:
        return {}
    files = {
        "ssl_ca_certs": tls.ca_file,
        "ssl_certfile": tls.certificate_file,
        "ssl_keyfile": tls.certificate_key_file,
    }
    given = {name: str(path) for name, path in files.items() if path is not None}
    return {"ssl": True, "ssl_cert_reqs": "required", "ssl_check_hostname": True, **given}
