"""A real Redis server, open or with TLS and accounts."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.servers.process import ServerProcess, binary, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.servers.certificates import Certificates

#: What docs/redis.md gives qtd's account: these commands on these keys, nothing else.
ACL = (
    *("resetkeys", "~trackingQueueV1*", "~QueuedTrackingLock*", "resetchannels", "nocommands"),
    *("+rpush", "+lpush", "+lrange", "+llen", "+ltrim", "+set", "+get", "+del", "+expire", "+pttl"),
    *("+eval", "+evalsha", "+time", "+wait", "+cluster|slots"),
)


def program() -> str:
    """Return the server's path; QTD_TEST_REDIS names another one than Debian's, such as Valkey's."""
    return os.environ.get("QTD_TEST_REDIS") or binary("redis-server", "redis-server")


class RedisServer(ServerProcess):
    """Redis on a free port and a Unix socket; its AOF, if `options` want one, survives `kill` and `start`."""

    def __init__(
        self,
        folder: Path,
        options: Sequence[str] = (),
        *,
        port: int | None = None,
        password: str | None = None,
    ) -> None:
        self.port = port or free_port()
        self.unix_socket = folder / "redis.sock"
        self._password = password
        command = [
            program(),
            *("--bind", "127.0.0.1", "--port", str(self.port), "--unixsocket", str(self.unix_socket)),
            *("--dir", str(folder), "--save", "", "--maxmemory-policy", "noeviction"),
            *(("--requirepass", password, "--masterauth", password) if password else ()),
            *options,
        ]
        super().__init__(command, log=folder / "redis.log", answers=self._answers_ping)

    @property
    def address(self) -> str:
        """`host:port`, as `redis.hosts` takes it."""
        return f"127.0.0.1:{self.port}"

    def client(self) -> redis.Redis:
        """Return a client for a test's own looks behind the scenes."""
        at_once = Retry(NoBackoff(), 0)  # redis-py's own back-off would make each start wait
        return redis.Redis(
            port=self.port, password=self._password, socket_timeout=10, protocol=2, retry=at_once
        )

    def info(self, name: str) -> str:
        """Return one value of INFO, as text."""
        with self.client() as client:
            return str(client.info()[name])

    def _answers_ping(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.AuthenticationError:
            return True  # `options` ask for a password; it is there
        except redis.RedisError:
            return False


class SecuredRedisServer(RedisServer):
    """Redis that also listens with TLS, wants a client's certificate, and has an account with few rights."""

    username = "qtd"
    account_password = "account secret"

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        self.tls_port = free_port()
        self.certificates = certificates
        server = certificates.server
        super().__init__(
            folder,
            [
                *("--tls-port", str(self.tls_port), "--tls-auth-clients", "yes"),
                *("--tls-cert-file", str(server.certificate), "--tls-key-file", str(server.key)),
                *("--tls-ca-cert-file", str(certificates.authority.certificate)),
                *("--user", self.username, "on", f">{self.account_password}", *ACL),
            ],
            password="nobody of ours knows this",
        )


@contextmanager
def running_redis(*options: str, password: str | None = None) -> Iterator[RedisServer]:
    """Run a Redis of its own for the duration, with these command line options besides."""
    with tempfile.TemporaryDirectory(prefix="qtd-redis-") as folder:
        server = RedisServer(Path(folder), options, password=password)
        server.start()
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def running_secured_redis(certificates: Certificates) -> Iterator[SecuredRedisServer]:
    """Run a Redis with TLS and an account for the duration."""
    with tempfile.TemporaryDirectory(prefix="qtd-redis-") as folder:
        server = SecuredRedisServer(Path(folder), certificates)
        server.start()
        try:
            yield server
        finally:
            server.kill()
