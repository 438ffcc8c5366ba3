"""What only a real cluster can tell: slots, their moving, servers that go, scripts on one slot."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from redis.crc import key_slot

from qtd.config.redis import Redis
from qtd.config.values import Address
from qtd.errors import BrokerUnavailable
from qtd.queue.open import open_servers
from qtd.queue.redis import _TRIM, RedisQueues
from qtd.queue.redis_digest import head_digest
from tests.servers import sections
from tests.servers.cluster import running_cluster
from tests.servers.process import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.cluster import ClusterServers
    from tests.servers.redis import RedisServer

LIST = "trackingQueueV1"
COUNT = 8


@pytest.fixture(scope="module")
def changing() -> Iterator[ClusterServers]:
    """Run a cluster of this module's own, whose slots may move."""
    with running_cluster() as servers:
        yield servers


def open_cluster(cluster: ClusterServers, **section: object) -> RedisQueues:
    """Open the queues, quick to give up."""
    impatient = {"connect_timeout_seconds": 0.5, "command_timeout_seconds": 1.0, "wait_timeout_seconds": 0.2}
    return RedisQueues(open_servers(sections.cluster(cluster, **(impatient | section))), count=COUNT)


def test_queues_lie_on_all_shards_under_the_plugins_keys(cluster: ClusterServers) -> None:
    """The plugin, which can use a cluster too, finds what we push, and each shard has its part."""
    queues = open_cluster(cluster)
    queues.push([(queue, b"%d" % queue) for queue in range(COUNT)])
    found: dict[str, list[bytes]] = {}
    for server in cluster.masters:
        with server.client() as client:
            here = {key.decode(): client.lrange(key, 0, -1) for key in client.scan_iter()}
        assert here
        found |= here
    assert found == {LIST: [b"0"]} | {f"{LIST}_{queue}": [b"%d" % queue] for queue in range(1, COUNT)}


def test_opening_connects_to_nothing() -> None:
    """As for every backend: the first call finds out that nobody is there, and says so."""
    section = Redis(mode="cluster", hosts=(Address("127.0.0.1", free_port()),))
    queues = RedisQueues(open_servers(section), count=2)
    with pytest.raises(BrokerUnavailable, match="Redis Cluster cannot be connected"):
        queues.ping()
    queues.close()


def test_a_server_that_is_no_cluster_is_named_as_such(redis_server: RedisServer) -> None:
    """The mode in the configuration is wrong, and the log says it."""
    section = sections.tcp(redis_server, mode="cluster")
    with pytest.raises(BrokerUnavailable, match="Cluster mode is not enabled"):
        RedisQueues(open_servers(section), count=2).ping()


def test_a_slot_is_followed_while_and_after_it_moves(changing: ClusterServers) -> None:
    """ASK, then MOVED, to a server that was not there before: nothing is lost, doubled or out of order."""
    queues = open_cluster(changing)
    queues.push([(0, b"one"), (1, b"other"), (2, b"third")])
    source, target, slot = changing.owner_of(LIST), changing.add_master(), key_slot(LIST.encode())
    with source.client() as old, target.client() as new:
        new.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", changing.id_of(source))
        old.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", changing.id_of(target))
        queues.push([(0, b"two")])  # still at the source
        old.migrate("127.0.0.1", target.port, LIST, 0, 5000)
        queues.push([(0, b"three"), (1, b"other too")])  # ASK
        lock = queues.acquire(0, 60)
        assert lock is not None
        assert queues.read(0, 10) == [b"one", b"two", b"three"]
        queues.trim(lock, [b"one"])
        for client in (new, old):
            client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", changing.id_of(target))
        queues.push([(0, b"four")])  # MOVED
        queues.trim(lock, [b"two", b"three"])
        assert new.lrange(LIST, 0, -1) == [b"four"]
        assert queues.lengths()[:3] == [1, 2, 1]
    queues.close()


def test_a_shard_that_is_gone_is_an_outage_and_so_is_its_cluster() -> None:
    """Without a replica nobody takes over; when the server is back the same object goes on."""
    durable = ("--appendonly", "yes", "--appendfsync", "always")
    with running_cluster(*durable, node_timeout_milliseconds=1000) as cluster:
        queues = open_cluster(cluster)
        queues.push([(queue, b"entry") for queue in range(COUNT)])
        gone = cluster.owner_of(LIST)
        gone.kill()
        for _ in range(2):
            with pytest.raises(BrokerUnavailable, match="Redis: "):
                queues.lengths()
        gone.start()
        cluster.wait_until_settled()
        assert queues.lengths() == [1] * COUNT


def test_no_replica_means_no_acknowledgement(cluster: ClusterServers) -> None:
    """Each shard that was written to has to answer for its own."""
    with pytest.raises(BrokerUnavailable, match="0 of 1 replicas"):
        open_cluster(cluster, wait_replicas=1).push([(0, b"one"), (1, b"two"), (3, b"three")])


def test_after_the_locks_time_nothing_is_removed(cluster: ClusterServers) -> None:
    """The list's server decides by its own clock, for it does not see the lock."""
    servers = open_servers(sections.cluster(cluster))
    queues = RedisQueues(servers, count=COUNT)
    queues.push([(0, b"one")])
    now, one = int(time.time() * 1000), head_digest([b"one"])
    assert _TRIM.run(servers, [LIST], 1, one, now - 1000) == 0
    assert queues.read(0, 10) == [b"one"]
    assert _TRIM.run(servers, [LIST], 1, one, now + 60_000) == 1
    assert queues.read(0, 10) == []
    servers.close()
