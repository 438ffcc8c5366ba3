"""A Redis master with a replica and three Sentinels, each with a password of its kind."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.servers.process import ServerProcess, free_port
from tests.servers.redis import RedisServer, program
from tests.servers.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

MASTER_NAME = "qtd"
SERVERS_PASSWORD = "servers secret"
SENTINELS_PASSWORD = "sentinels secret"


class SentinelServer(ServerProcess):
    """One Sentinel."""

    def __init__(self, folder: Path, master_port: int, down_after_milliseconds: int) -> None:
        self.port = free_port()
        file = folder / "sentinel.conf"  # Sentinel writes what it learns into it
        file.write_text(
            f"""
            bind 127.0.0.1
            port {self.port}
            dir {folder}
            requirepass "{SENTINELS_PASSWORD}"
            sentinel sentinel-pass "{SENTINELS_PASSWORD}"
            sentinel monitor {MASTER_NAME} 127.0.0.1 {master_port} 2
            sentinel auth-pass {MASTER_NAME} "{SERVERS_PASSWORD}"
            sentinel down-after-milliseconds {MASTER_NAME} {down_after_milliseconds}
            sentinel failover-timeout {MASTER_NAME} 5000
            """,
            encoding="ascii",
        )
        command = [program(), str(file), "--sentinel"]
        super().__init__(command, log=folder / "sentinel.log", answers=self._answers_ping)

    def client(self) -> redis.Redis:
        """Return a client for a test's own looks."""
        return redis.Redis(
            port=self.port,
            password=SENTINELS_PASSWORD,
            socket_timeout=10,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
        )

    def knows_all(self) -> bool:
        """Tell whether it has found the replica and the other Sentinels, so that it could fail over."""
        with self.client() as client:
            state = client.sentinel_master(MASTER_NAME)
        return bool(state["num-slaves"] == 1 and state["num-other-sentinels"] == 2)

    def master_port(self) -> int:
        """Return whom it would send a client to."""
        with self.client() as client:
            _, port = client.sentinel_get_master_addr_by_name(MASTER_NAME)
            return int(port)

    def _answers_ping(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


class SentinelGroup:
    """The five servers; `servers[0]` begins as the master."""

    def __init__(self, folder: Path, *, down_after_milliseconds: int, options: tuple[str, ...] = ()) -> None:
        options = (*options, "--repl-diskless-sync-delay", "0")  # there is one replica to wait for
        master = RedisServer(_sub(folder, "master"), options, password=SERVERS_PASSWORD)
        replica = RedisServer(_sub(folder, "replica"), options, password=SERVERS_PASSWORD)
        self.servers = [master, replica]
        self.sentinels = [
            SentinelServer(_sub(folder, f"sentinel{number}"), master.port, down_after_milliseconds)
            for number in range(3)
        ]

    def start(self) -> None:
        """Start all and return when the replica follows."""
        for server in self.servers:
            server.start()
        self.follow(self.servers[1], self.servers[0])
        for sentinel in self.sentinels:  # last, as they ask a master for its replicas only every ten seconds
            sentinel.start()

    def kill(self) -> None:
        """End all."""
        for server in (*self.sentinels, *self.servers):
            server.kill()

    def follow(self, replica: RedisServer, master: RedisServer) -> None:
        """Make one a replica of the other; the Sentinels would do so themselves, but only after ten seconds."""
        with replica.client() as client:
            client.replicaof("127.0.0.1", master.port)
        until(lambda: replica.info("master_link_status") == "up", "the replica follows the master")

    @property
    def master(self) -> RedisServer:
        """Whoever is the master according to the first Sentinel."""
        port = self.sentinels[0].master_port()
        return next(server for server in self.servers if server.port == port)


@contextmanager
def running_sentinels(*options: str, down_after_milliseconds: int = 30_000) -> Iterator[SentinelGroup]:
    """Run the group for the duration; as it is nobody fails over merely because the machine is busy."""
    with tempfile.TemporaryDirectory(prefix="qtd-sentinel-") as folder, ExitStack() as ending:
        group = SentinelGroup(Path(folder), down_after_milliseconds=down_after_milliseconds, options=options)
        ending.callback(group.kill)
        group.start()
        yield group


def _sub(folder: Path, name: str) -> Path:
    sub = folder / name
    sub.mkdir()
    return sub
