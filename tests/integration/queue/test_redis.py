"""What only a real Redis can tell: the plugin's keys, refusals, outages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qtd.errors import BrokerUnavailable, QueueChanged
from qtd.queue.open import open_servers
from qtd.queue.redis import RedisQueues
from tests.servers import sections
from tests.servers.redis import running_redis

if TYPE_CHECKING:
    from tests.servers.redis import RedisServer


def open_redis(server: RedisServer, **section: object) -> RedisQueues:
    """Open two queues of a server, quick to give up."""
    impatient = {"connect_timeout_seconds": 0.5, "command_timeout_seconds": 0.5, "wait_timeout_seconds": 0.1}
    return RedisQueues(open_servers(sections.tcp(server, **(impatient | section))), count=2)


def test_the_plugin_finds_what_we_push_and_we_what_it_pushes(redis_server: RedisServer) -> None:
    """Lists under its keys, oldest entry at the left, the bytes as they are."""
    queues = open_redis(redis_server)
    queues.push([(0, b"ours"), (1, b"ours too")])
    with redis_server.client() as plugin:
        plugin.rpush("trackingQueueV1", b"its")
        assert plugin.lrange("trackingQueueV1", 0, -1) == [b"ours", b"its"]
        assert plugin.lrange("trackingQueueV1_1", 0, -1) == [b"ours too"]
        assert sorted(plugin.keys()) == [b"trackingQueueV1", b"trackingQueueV1_1"]
    assert queues.read(0, 10) == [b"ours", b"its"]


def test_locks_keep_the_plugin_out_and_the_plugins_us(redis_server: RedisServer) -> None:
    """Both take a lock by SET NX EX on the same key, and the value is the holder's token."""
    queues = open_redis(redis_server)
    with redis_server.client() as plugin:
        lock = queues.acquire(0, 60)
        assert lock is not None
        assert plugin.get("QueuedTrackingLock0") == lock.token.encode()
        assert 50 < plugin.ttl("QueuedTrackingLock0") <= 60
        assert plugin.set("QueuedTrackingLock0", "its token 12", nx=True, ex=60) is None
        assert plugin.set("QueuedTrackingLock1", "its token 12", nx=True, ex=60)
        assert queues.acquire(1, 60) is None
        assert queues.states()[1].lock_holder == "its token 12"


def test_a_lock_without_an_expiry_is_shown_as_such(redis_server: RedisServer) -> None:
    """Somebody set it by hand: it has a holder, but no time that is left."""
    with redis_server.client() as client:
        client.set("QueuedTrackingLock0", b"\xffby hand")
    state = open_redis(redis_server).states()[0]
    assert state.lock_holder == "\N{REPLACEMENT CHARACTER}by hand"
    assert state.lock_seconds_left is None


def test_scripts_outlive_the_servers_memory_of_them(redis_server: RedisServer) -> None:
    """After SCRIPT FLUSH or a failover the server does not know the digest, and is sent the text again."""
    queues = open_redis(redis_server)
    queues.push([(0, b"one"), (0, b"two")])
    lock = queues.acquire(0, 60)
    assert lock is not None
    queues.trim(lock, [b"one"])
    with redis_server.client() as client:
        client.script_flush()
    queues.trim(lock, [b"two"])
    assert queues.lengths() == [0, 0]


def test_a_unix_socket_is_another_way_to_the_same_server(redis_server: RedisServer) -> None:
    """What goes in by TCP comes out by the socket."""
    open_redis(redis_server).push([(0, b"entry")])
    by_socket = RedisQueues(open_servers(sections.unix_socket(redis_server)), count=2)
    assert by_socket.read(0, 1) == [b"entry"]


def test_databases_are_apart(redis_server: RedisServer) -> None:
    """The number of the configuration is the one that is used."""
    open_redis(redis_server, database=3).push([(0, b"entry")])
    assert open_redis(redis_server).lengths() == [0, 0]
    with redis_server.client() as client:
        client.select(3)
        assert client.llen("trackingQueueV1") == 1


def test_a_batch_of_many_entries_is_compared_to_the_last_byte(redis_server: RedisServer) -> None:
    """The server compares in steps; a difference in any of them, or a missing entry, is noticed."""
    queues = open_redis(redis_server)
    entries = [b"%d" % number for number in range(301)]
    queues.push([(0, entry) for entry in entries])
    lock = queues.acquire(0, 60)
    assert lock is not None
    for position in (0, 99, 100, 250, 300):
        other = [*entries[:position], b"other", *entries[position + 1 :]]
        with pytest.raises(QueueChanged):
            queues.trim(lock, other)
    queues.trim(lock, entries[:300])
    assert queues.read(0, 10) == [b"300"]


def test_a_full_server_refuses_without_quoting_entries() -> None:
    """OOM is an outage of the broker, for one queue as for several, and what it held stays readable."""
    with running_redis() as server:
        queues = open_redis(server)
        queues.push([(0, b"small")])
        big = b"198.51.100.7" * 1000
        with server.client() as client:
            client.config_set("maxmemory", 1)
        for entries in ([(0, big)], [(0, b"198.51.100.7"), (1, big)]):
            with pytest.raises(BrokerUnavailable, match="maxmemory") as raised:
                queues.push(entries)
            assert "198.51.100.7" not in f"{raised.value} {raised.value.__cause__}"
        assert queues.read(0, 1) == [b"small"]


def test_a_replica_refuses_writes(redis_server: RedisServer) -> None:
    """After a failover the old master is read-only: that is an outage, not a success."""
    with running_redis("--replicaof", "127.0.0.1", str(redis_server.port)) as replica:
        queues = open_redis(replica)
        with pytest.raises(BrokerUnavailable, match="read only replica"):
            queues.push([(0, b"one"), (1, b"two")])
        with pytest.raises(BrokerUnavailable, match="read only replica"):
            queues.acquire(0, 60)


def test_a_wrong_password_is_told_without_it() -> None:
    """The log says what to put right, and no secret."""
    with running_redis("--requirepass", "right") as server:
        open_redis(server, password="right").ping()
        with pytest.raises(BrokerUnavailable, match=r"WRONGPASS|invalid username-password") as raised:
            open_redis(server, password="s3cret").ping()
        assert "s3cret" not in str(raised.value)
        with pytest.raises(BrokerUnavailable, match=r"(?i)auth"):
            open_redis(server).ping()


def test_a_key_of_another_kind_is_an_outage(redis_server: RedisServer) -> None:
    """Somebody else uses the plugin's key: nothing is stored, and the reason is Redis' own."""
    with redis_server.client() as client:
        client.set("trackingQueueV1_1", "text")
    queues = open_redis(redis_server)
    with pytest.raises(BrokerUnavailable, match=r"WRONGTYPE|wrong kind of value"):
        queues.push([(0, b"one"), (1, b"two")])


def test_a_server_that_dies_hangs_and_comes_back() -> None:
    """Each is an outage within the timeouts; afterwards the same object works with what was acknowledged."""
    with running_redis("--appendonly", "yes", "--appendfsync", "always") as server:
        queues = open_redis(server)
        queues.push([(0, b"one"), (1, b"other")])
        server.kill()
        for call in (queues.ping, queues.lengths, queues.states):
            with pytest.raises(BrokerUnavailable, match="Redis: "):
                call()
        server.start()
        queues.push([(0, b"two")])
        server.freeze()
        with pytest.raises(BrokerUnavailable, match=r"(?i)time"):
            queues.ping()
        server.thaw()
        assert queues.read(0, 10) == [b"one", b"two"]
        assert queues.read(1, 10) == [b"other"]
