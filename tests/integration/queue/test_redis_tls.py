"""Encryption and accounts: who is let in, whom we believe, and what the account may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import redis

from qtd.errors import BrokerUnavailable
from qtd.queue.open import open_servers
from qtd.queue.redis import RedisQueues
from tests.servers import sections

if TYPE_CHECKING:
    from qtd.config.redis import Redis
    from tests.servers.redis import SecuredRedisServer


def ping(section: Redis) -> None:
    """Connect once."""
    queues = RedisQueues(open_servers(section), count=2)
    try:
        queues.ping()
    finally:
        queues.close()


def test_certificates_are_verified_by_the_authority(secured_redis: SecuredRedisServer) -> None:
    """A server whose certificate another authority signed is not talked to, nor with the system's alone."""
    right = sections.secured(secured_redis)
    ping(right)
    stranger = secured_redis.certificates.stranger.certificate
    for ca_file in (stranger, None):
        tls = right.tls.model_copy(update={"ca_file": ca_file})
        with pytest.raises(BrokerUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            ping(right.model_copy(update={"tls": tls}))


def test_certificates_are_verified_by_name(secured_redis: SecuredRedisServer) -> None:
    """A valid certificate of another host is none: this one is for 127.0.0.1, not for localhost."""
    section = sections.secured(secured_redis, hosts=[f"localhost:{secured_redis.tls_port}"])
    with pytest.raises(BrokerUnavailable, match="Hostname mismatch"):
        ping(section)


def test_a_server_that_wants_our_certificate_gets_it(secured_redis: SecuredRedisServer) -> None:
    """Without it, or with one of another authority, the server closes the connection."""
    right = sections.secured(secured_redis)
    stranger = secured_redis.certificates.stranger
    none = {"certificate_file": None, "certificate_key_file": None}
    other = {"certificate_file": stranger.certificate, "certificate_key_file": stranger.key}
    for files in (none, other):
        tls = right.tls.model_copy(update=files)
        with pytest.raises(BrokerUnavailable, match="Redis: "):
            ping(right.model_copy(update={"tls": tls}))


def test_plain_text_is_not_tried(secured_redis: SecuredRedisServer) -> None:
    """A TLS port that is addressed without TLS is an outage, not a hang."""
    plain = sections.tcp(secured_redis, hosts=[f"127.0.0.1:{secured_redis.tls_port}"])
    with pytest.raises(BrokerUnavailable, match="Redis: "):
        ping(plain)


def test_the_account_may_do_nothing_else(secured_redis: SecuredRedisServer) -> None:
    """The rights that the documentation names are enough (the contract suite) and hold nothing back."""
    client = redis.Redis(
        host="127.0.0.1",
        port=secured_redis.tls_port,
        username=secured_redis.username,
        password=secured_redis.account_password,
        ssl=True,
        ssl_ca_certs=str(secured_redis.certificates.authority.certificate),
        ssl_certfile=str(secured_redis.certificates.client.certificate),
        ssl_keyfile=str(secured_redis.certificates.client.key),
    )
    with client:
        for command in (("FLUSHALL",), ("KEYS", "*"), ("GET", "other"), ("CONFIG", "GET", "*")):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*command)  # type: ignore[no-untyped-call]


def test_a_right_that_is_missing_is_named(secured_redis: SecuredRedisServer) -> None:
    """Whoever set the account up reads which command it lacks, and no entry."""
    with secured_redis.client() as client:
        client.execute_command("ACL", "SETUSER", secured_redis.username, "-rpush")
        try:
            queues = RedisQueues(open_servers(sections.secured(secured_redis)), count=2)
            with pytest.raises(BrokerUnavailable, match="'rpush'") as raised:
                queues.push([(0, b"198.51.100.7")])
            assert "198.51.100.7" not in str(raised.value)
        finally:
            client.execute_command("ACL", "SETUSER", secured_redis.username, "+rpush")


def test_a_wrong_password_is_not_quoted(secured_redis: SecuredRedisServer) -> None:
    """The error says that it is wrong, and neither it nor the right one."""
    with pytest.raises(BrokerUnavailable, match=r"(?i)password") as raised:
        ping(sections.secured(secured_redis, password="wr0ng"))
    assert "wr0ng" not in str(raised.value)
