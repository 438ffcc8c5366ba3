"""A real Redis server."""

from __future__ import annotations

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


class RedisServer(ServerProcess):
    """Redis on a free port and a Unix socket; its AOF, if `options` want one, survives `kill` and `start`."""

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        self.port = free_port()
        self.unix_socket = folder / "redis.sock"
        command = [
            binary("redis-server", "redis-server"),
            *("--bind", "127.0.0.1", "--port", str(self.port), "--unixsocket", str(self.unix_socket)),
            *("--dir", str(folder), "--save", "", "--maxmemory-policy", "noeviction"),
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
        return redis.Redis(port=self.port, socket_timeout=10, protocol=2, retry=at_once)

    def _answers_ping(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.AuthenticationError:
            return True  # `options` ask for a password; it is there
        except redis.RedisError:
            return False


@contextmanager
def running_redis(*options: str) -> Iterator[RedisServer]:
    """Run a Redis of its own for the duration, with these command line options besides."""
    with tempfile.TemporaryDirectory(prefix="qtd-redis-") as folder:
        server = RedisServer(Path(folder), options)
        server.start()
        try:
            yield server
        finally:
            server.kill()
