"""A Redis Cluster: three masters that share the slots, and, if wanted, a replica for each."""

from __future__ import annotations

import socket
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from tests.servers.process import free_port
from tests.servers.redis import RedisServer
from tests.servers.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

MASTERS = 3
#: The servers talk among themselves on a port that much above their own (Redis 6.2 can not choose another).
BUS_OFFSET = 10_000


class ClusterServers:
    """The servers: first the masters, then, if wanted, their replicas in the same order."""

    def __init__(
        self, folder: Path, *, node_timeout_milliseconds: int, replicas: bool, options: tuple[str, ...] = ()
    ) -> None:
        self._folder = folder
        self._options = (
            *options,
            *("--cluster-enabled", "yes", "--cluster-node-timeout", str(node_timeout_milliseconds)),
            *("--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"),
        )
        self.servers: list[RedisServer] = []
        for _ in range(MASTERS * (1 + replicas)):
            self._prepare()

    @property
    def masters(self) -> list[RedisServer]:
        """Those that begin as masters."""
        return self.servers[:MASTERS]

    def start(self) -> None:
        """Start all, make them a cluster, return when everybody knows it."""
        for number, server in enumerate(self.servers):
            server.start()
            with server.client() as client:
                client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
                if number < MASTERS:
                    client.execute_command("CLUSTER", "ADDSLOTS", *_slots(number))
        for server in self.servers[1:]:
            self._introduce(server)
        self.wait_until_settled()
        replicas = self.servers[MASTERS:]
        for master, replica in zip(self.masters, replicas, strict=False):
            with replica.client() as client:
                client.execute_command("CLUSTER", "REPLICATE", self.id_of(master))
        until(lambda: all(map(_follows, replicas)), "the replicas follow")

    def kill(self) -> None:
        """End all."""
        for server in self.servers:
            server.kill()

    def add_master(self) -> RedisServer:
        """Start one more server, without any slot."""
        server = self._prepare()
        server.start()
        self._introduce(server)
        self.wait_until_settled()
        return server

    def wait_until_settled(self) -> None:
        """Return when every server knows all others and that all slots are served."""
        until(lambda: all(map(self._settled, self.servers)), "all servers know the cluster")

    def id_of(self, server: RedisServer) -> str:
        """Return a server's name in the cluster."""
        with server.client() as client:
            return str(client.execute_command("CLUSTER", "MYID").decode())

    def owner_of(self, key: str) -> RedisServer:
        """Return the master that was given the key's slot in the beginning."""
        return self.masters[key_slot(key.encode()) * MASTERS // REDIS_CLUSTER_HASH_SLOTS]

    def _prepare(self) -> RedisServer:
        own = self._folder / str(len(self.servers))
        own.mkdir()
        self.servers.append(RedisServer(own, self._options, port=_port_with_bus()))
        return self.servers[-1]

    def _introduce(self, server: RedisServer) -> None:
        with server.client() as client:
            client.execute_command("CLUSTER", "MEET", "127.0.0.1", self.servers[0].port)

    def _settled(self, server: RedisServer) -> bool:
        with server.client() as client:
            lines = client.execute_command("CLUSTER", "INFO")
        text = lines if isinstance(lines, dict) else dict(_pairs(lines))
        return text["cluster_state"] == "ok" and text["cluster_known_nodes"] == str(len(self.servers))


@contextmanager
def running_cluster(
    *options: str, node_timeout_milliseconds: int = 30_000, replicas: bool = False
) -> Iterator[ClusterServers]:
    """Run a cluster for the duration; as it is nobody fails over merely because the machine is busy."""
    with tempfile.TemporaryDirectory(prefix="qtd-cluster-") as folder, ExitStack() as ending:
        cluster = ClusterServers(
            Path(folder),
            node_timeout_milliseconds=node_timeout_milliseconds,
            replicas=replicas,
            options=options,
        )
        ending.callback(cluster.kill)
        cluster.start()
        yield cluster


def _follows(replica: RedisServer) -> bool:
    return replica.info("role") == "slave" and replica.info("master_link_status") == "up"


def _slots(number: int) -> list[int]:
    return [
        slot
        for slot in range(REDIS_CLUSTER_HASH_SLOTS)
        if slot * MASTERS // REDIS_CLUSTER_HASH_SLOTS == number
    ]


def _port_with_bus() -> int:
    while True:
        port = free_port()
        if port + BUS_OFFSET > 65535:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port + BUS_OFFSET))
            except OSError:
                continue
            return port


def _pairs(lines: bytes) -> Iterator[tuple[str, str]]:
    for line in lines.decode().splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name, value
