"""The plugin's way to write where Redis is, down to the servers that are reached by it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml

from qtd.config.load import load
from qtd.queue.open import open_queues
from tests.servers.cluster import ClusterServers
from tests.servers.redis import RedisServer
from tests.servers.sentinel import (
    MASTER_NAME,
    SENTINELS_PASSWORD,
    SERVERS_PASSWORD,
    SentinelGroup,
    SentinelServer,
)


def goes_through(folder: Path, text: str, section: dict[str, Any]) -> list[list[bytes]]:
    """Push an entry to each of four queues of a configuration whose addresses are `text`; return what can be read."""
    file = folder / "qtd.yaml"
    file.write_text(f"redis:\n{text}{indent(yaml.safe_dump(section), '  ')}")
    queues = open_queues(load(file))
    queues.push([(queue, b"entry %d" % queue) for queue in range(4)])
    read = [queues.read(queue, 10) for queue in range(4)]
    queues.close()
    return read


EACH = [[b"entry %d" % queue] for queue in range(4)]


def addresses(servers: Sequence[RedisServer | SentinelServer]) -> str:
    """As in the plugin's settings: hosts with commas between them, and as many ports."""
    hosts, ports = ",".join("127.0.0.1" for _ in servers), ",".join(str(server.port) for server in servers)
    return f"  host: {hosts}\n  port: {ports}\n"


def test_one_server(redis_server: RedisServer, tmp_path: Path) -> None:
    """By host and port, and by the path of its socket with port 0."""
    assert goes_through(tmp_path, addresses([redis_server]), {"database": 1}) == EACH
    socket = f"  host: {redis_server.unix_socket}\n  port: 0\n"
    assert goes_through(tmp_path, socket, {"database": 2}) == EACH


def test_sentinels(sentinels: SentinelGroup, tmp_path: Path) -> None:
    """Three hosts and three ports."""
    section = {
        "mode": "sentinel",
        "password": SERVERS_PASSWORD,
        "sentinel": {"master_name": MASTER_NAME, "password": SENTINELS_PASSWORD},
    }
    assert goes_through(tmp_path, addresses(sentinels.sentinels), section) == EACH


def test_a_cluster(cluster: ClusterServers, tmp_path: Path) -> None:
    """Some of its nodes."""
    assert goes_through(tmp_path, addresses(cluster.servers[:2]), {"mode": "cluster"}) == EACH
