"""Real Redis servers with something wrong, as the doctor finds them."""

from __future__ import annotations

from typing import Any

import pytest

from qtd.clock import SystemClock
from qtd.config.redis import Redis
from qtd.doctor.check import Check
from qtd.doctor.redis_broker import check_redis
from qtd.queue.redis_keys import list_key, lock_key
from tests.servers import sections
from tests.servers.cluster import ClusterServers
from tests.servers.redis import ACL, RedisServer, SecuredRedisServer, running_redis
from tests.servers.sentinel import SentinelGroup
from tests.servers.waiting import until
from tests.unit.doctor.facts import found, trouble, verdicts

pytestmark = pytest.mark.timeout(240)

#: Long enough for a busy machine; only what is frozen takes it.
PATIENT = {"connect_timeout_seconds": 20.0, "command_timeout_seconds": 20.0}


def examined(section: Redis, count: int = 2) -> list[Check]:
    """All checks of a broker."""
    return list(check_redis(section, SystemClock(), count=count, form="plugin"))


def test_one_server_well_then_wrong_in_every_way() -> None:
    """All is well with AOF, noeviction and memory; each thing that is changed is found, and nothing else.

    What waits is left as it is, and no key of ours stays.
    """
    with running_redis("--appendonly", "yes", "--maxmemory", "1gb") as server, server.client() as client:
        section = sections.tcp(server, **PATIENT)
        client.rpush(list_key(0), b"waits" * 200, b"too" * 300)
        client.set(lock_key(1), "token", ex=1000)
        well = examined(section)
        assert trouble(well) == {}
        assert found(well, "queues.waiting") == "2 queues, 2 entries wait, 1 locked"
        assert "measured on what waits" in found(well, "redis.memory")
        assert sorted(client.keys()) == sorted([lock_key(1).encode(), list_key(0).encode()])
        assert client.lrange(list_key(0), 0, -1) == [b"waits" * 200, b"too" * 300]

        settings: dict[str, Any] = {
            "maxmemory-policy": "allkeys-lru",
            "appendonly": "no",
            "maxmemory": "30mb",
        }
        for name, value in settings.items():
            client.config_set(name, value)
        client.mset({f"cache:{number}": "x" for number in range(100)})
        for number in range(100):
            client.expire(f"cache:{number}", 1000)
        client.rpush(list_key(7), b"nobody reads me")
        client.persist(lock_key(1))
        assert trouble(examined(section)) == {
            "redis.eviction": "error",
            "redis.persistence": "error",
            "redis.memory": "warning",
            "redis.neighbours": "warning",
            "queues.waiting": "warning",
        }

        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
        full = examined(section)
        assert trouble(full)["redis.operations"] == "error"
        assert trouble(full)["redis.memory"] == "error"
        assert found(full, "redis.operations").startswith("push: ")


def test_accounts(redis_server: RedisServer) -> None:
    """One with the rights of docs/redis.md works and is only told less; CONFIG forbidden is doubtful; without scripts
    nothing works; a wrong password is told with what to do, and nothing else is looked at.
    """
    with redis_server.client() as client:
        for name, rules in {
            "least": ACL,
            "managed": ["allkeys", "allchannels", "allcommands", "-config"],
            "looking": [*ACL, "+info", "+config|get", "+time"],
            "scriptless": [*ACL, "-eval", "-evalsha"],
        }.items():
            client.execute_command("ACL", "SETUSER", name, "on", ">pass word", *rules)
    account = {"password": "pass word", **PATIENT}
    least = trouble(examined(sections.tcp(redis_server, username="least", **account)))
    assert least == {"redis.rights": "warning"}
    looking = examined(sections.tcp(redis_server, username="looking", **account))
    assert "redis.rights" not in verdicts(looking)
    managed = examined(sections.tcp(redis_server, username="managed", **account))
    assert trouble(managed)["redis.rights"] == "warning"
    assert "redis.eviction" in verdicts(managed)
    scriptless = examined(sections.tcp(redis_server, username="scriptless", **account))
    assert trouble(scriptless)["redis.operations"] == "error"
    assert found(scriptless, "redis.operations").startswith("extend the lock (script): ")
    wrong = examined(sections.tcp(redis_server, username="least", password="hunter2"))
    assert trouble(wrong) == {"redis.connection": "error"}
    assert "hunter2" not in str(wrong)
    with redis_server.client() as client:
        assert client.keys() == []  # not even what was pushed before a refusal
        client.execute_command("ACL", "DELUSER", "least", "looking", "managed", "scriptless")


def test_tls_and_socket(secured_redis: SecuredRedisServer, redis_server: RedisServer) -> None:
    """The ways are told; whoever does not speak TLS where it is wanted gets no answer."""
    encrypted = examined(sections.secured(secured_redis, **PATIENT))
    assert "with TLS" in found(encrypted, "redis.connection")
    assert "redis.operations" not in trouble(encrypted)
    local = examined(sections.unix_socket(redis_server, **PATIENT))
    assert "by Unix socket" in found(local, "redis.connection")
    plain = Redis.model_validate({"hosts": [f"127.0.0.1:{secured_redis.tls_port}"]})
    assert trouble(examined(plain)) == {"redis.connection": "error"}


def test_a_server_that_hangs_or_is_away() -> None:
    """Is one error, after as long as the configuration says and no longer."""
    with running_redis() as server:
        server.freeze()
        hanging = examined(sections.tcp(server, command_timeout_seconds=0.2, connect_timeout_seconds=0.2))
        assert trouble(hanging) == {"redis.connection": "error"}
        server.thaw()
    assert trouble(examined(sections.tcp(server))) == {"redis.connection": "error"}


def test_sentinels_and_their_servers(sentinels: SentinelGroup) -> None:
    """Everybody is looked at: three Sentinels, the master, his replica; a wrong name is known by nobody."""
    until(
        lambda: all(sentinel.knows_all() for sentinel in sentinels.sentinels), "the Sentinels know each other"
    )
    checks = examined(sections.sentinel(sentinels, wait_replicas=1, wait_timeout_seconds=10.0, **PATIENT))
    assert set(trouble(checks)) == {"redis.persistence", "redis.memory"}  # as the tests' servers are set
    assert sum(check.name == "sentinel.connection" for check in checks) == 3
    assert found(checks, "sentinel.quorum").startswith("3 Sentinels, quorum 2")
    assert found(checks, "redis.replicas").startswith("1 replica online")
    assert "push, replicas" in found(checks, "redis.operations")

    two = examined(sections.sentinel(sentinels, wait_replicas=2, wait_timeout_seconds=0.05))
    assert trouble(two)["redis.replicas"] == "error"
    assert "1 of 2 replicas" in found(two, "redis.operations")

    replica = next(server for server in sentinels.servers if server is not sentinels.master)
    alone = sections.sentinel(sentinels).model_copy(
        update={"sentinel": Redis().sentinel, "mode": "standalone"}
    )
    hosts = sections.tcp(replica).hosts
    read_only = examined(alone.model_copy(update={"hosts": hosts}))
    assert trouble(read_only)["redis.replicas"] == "error"
    assert trouble(read_only)["redis.operations"] == "error"

    unknown = sections.sentinel(sentinels)
    named = unknown.sentinel.model_copy(update={"master_name": "other"})
    nobody = examined(unknown.model_copy(update={"sentinel": named}))
    assert trouble(nobody) == {"sentinel.connection": "error", "redis.connection": "error"}


def test_every_shard_of_a_cluster(cluster: ClusterServers) -> None:
    """The operations are tried on each; what is configured wrongly is named: a node taken for a server of its own."""
    checks = examined(sections.cluster(cluster, **PATIENT), count=4)
    tried = [check for check in checks if check.name == "redis.operations"]
    assert {check.where for check in tried} == {server.address for server in cluster.masters}
    assert {check.verdict.value for check in tried} == {"ok"}
    assert found(checks, "cluster.slots") == "3 shards, 16,384 of 16,384 slots served"
    assert sum(check.name == "redis.eviction" for check in checks) == 3
    for server in cluster.masters:
        with server.client() as client:
            assert client.keys() == []

    node = examined(sections.tcp(cluster.servers[0], **PATIENT))
    assert trouble(node)["redis.mode"] == "error"
    assert trouble(node)["redis.operations"] == "error"
    one_away = Redis.model_validate({"mode": "cluster", "hosts": ["127.0.0.1:1", cluster.servers[0].address]})
    assert trouble(examined(one_away, count=1))["cluster.connection"] == "warning"


@pytest.mark.parametrize("mode", ["cluster", "sentinel"])
def test_a_plain_server_taken_for_something_else(redis_server: RedisServer, mode: str) -> None:
    """Is told with what it says itself."""
    sentinel = {"sentinel": {"master_name": "m"}} if mode == "sentinel" else {}
    section = Redis.model_validate({"mode": mode, "hosts": [redis_server.address], **sentinel})
    assert trouble(examined(section))[f"{mode}.connection"] == "error"
