"""What is made of the things that a Redis server tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from redis import exceptions

from qtd.config.redis import Redis
from qtd.doctor.redis_advice import redis_advice
from qtd.doctor.redis_cluster import ClusterView, check_cluster
from qtd.doctor.redis_memory import check_memory
from qtd.doctor.redis_reach import server_at, the_server
from qtd.doctor.redis_replicas import check_replicas
from qtd.doctor.redis_server import (
    check_eviction,
    check_neighbours,
    check_persistence,
    check_rights_to_look,
    check_version,
)
from qtd.doctor.waiting import check_waiting, request_size, typical_request
from qtd.errors import BrokerUnavailable
from qtd.queue.contract import QueueState
from qtd.queue.memory import MemoryQueues
from qtd.wire.request_set import RequestSet, encode
from tests.fake_clock import FakeClock
from tests.unit.doctor.facts import redis_facts, verdicts


@pytest.mark.parametrize(
    ("info", "mode", "expected"),
    [
        ({}, "standalone", {"redis.version": "ok"}),
        ({"redis_version": "6.2.0"}, "sentinel", {"redis.version": "ok"}),
        ({"redis_version": "6.0.16"}, "standalone", {"redis.version": "error"}),
        ({"redis_version": "7.2.4", "valkey_version": "8.0.1"}, "standalone", {"redis.version": "ok"}),
        ({"redis_mode": "cluster"}, "cluster", {"redis.version": "ok"}),
        ({"redis_mode": "cluster"}, "standalone", {"redis.mode": "error"}),
        ({"redis_mode": "sentinel"}, "standalone", {"redis.mode": "error"}),
        ({}, "cluster", {"redis.mode": "error"}),
    ],
)
def test_version_and_mode(info: dict[str, Any], mode: str, expected: dict[str, str]) -> None:
    """6.2 at least, Valkey by its own version, and the kind of server that the configuration says."""
    assert verdicts(list(check_version(redis_facts(**info), mode=mode))) == expected


def test_only_noeviction_will_do() -> None:
    """Whatever else is set: lists would go, or the locks, which expire."""
    for policy in ("allkeys-lru", "volatile-ttl", "allkeys-random"):
        [check] = check_eviction(redis_facts(maxmemory_policy=policy))
        assert check.verdict.value == "error"
        assert policy in check.found
    assert verdicts(list(check_eviction(redis_facts()))) == {"redis.eviction": "ok"}


@pytest.mark.parametrize(
    ("info", "fsync", "wait", "verdict"),
    [
        ({}, "everysec", 0, "ok"),
        ({}, "always", 0, "ok"),
        ({}, "no", 0, "warning"),
        ({"aof_enabled": 0}, "everysec", 0, "error"),
        ({"aof_enabled": 0}, "everysec", 1, "warning"),
        ({"aof_last_write_status": "err"}, "everysec", 0, "error"),
    ],
)
def test_persistence(info: dict[str, Any], fsync: str, wait: int, verdict: str) -> None:
    """The append-only file has to be written, and be synced; replicas that have to agree are half as good."""
    facts = replace(redis_facts(**info), settings={"appendfsync": fsync})
    [check] = check_persistence(facts, wait_replicas=wait)
    assert check.verdict.value == verdict
    if verdict == "ok":
        assert f"appendfsync {fsync}" in check.found


def test_what_may_not_be_asked_is_doubtful_and_no_error() -> None:
    """A managed server forbids CONFIG, an account with few rights all; what INFO would tell is left out then."""
    few = replace(redis_facts(), info=None, settings=None, ahead=None)
    [check] = check_rights_to_look(few)
    assert check.verdict.value == "warning"
    assert all(word in check.found for word in ("INFO", "CONFIG GET", "TIME"))
    assert not [
        *check_version(few, mode="standalone"),
        *check_eviction(few),
        *check_persistence(few, wait_replicas=0),
        *check_memory(few, request_bytes=500, measured=True),
        *check_neighbours(few, lists=0, locks=0, numbers=1),
        *check_replicas(few, mode="standalone", wait_replicas=1),
    ]
    managed = replace(redis_facts(), settings=None)
    [check] = check_rights_to_look(managed)
    assert "INFO" not in check.found
    assert verdicts(list(check_persistence(managed, wait_replicas=0))) == {"redis.persistence": "ok"}
    assert list(check_rights_to_look(redis_facts())) == []


@pytest.mark.parametrize(
    ("used", "most", "verdict", "fitting"),
    [
        (0, 1100 * 1_000_000, "ok", "1,000,000 more"),
        (0, 1100 * 99_000, "warning", "99,000 more"),
        (0, 1100 * 9_900, "error", "9,900 more"),
        (2000, 1000, "error", "0 more"),
    ],
)
def test_memory_is_counted_in_requests(used: int, most: int, verdict: str, fitting: str) -> None:
    """A request of 1,000 bytes takes 1,100; what is left decides."""
    [check] = check_memory(redis_facts(used_memory=used, maxmemory=most), request_bytes=1000, measured=True)
    assert (check.name, check.verdict.value) == ("redis.memory", verdict)
    assert fitting in check.found


def test_memory_without_a_limit_is_that_of_the_machine() -> None:
    """Doubtful, since such a server is killed and does not refuse."""
    [check] = check_memory(
        redis_facts(maxmemory=0, used_memory=0, total_system_memory=1100 * 2_000_000),
        request_bytes=1000,
        measured=False,
    )
    assert check.verdict.value == "warning"
    assert "2,000,000 more" in check.found


@pytest.mark.parametrize(
    ("spaces", "verdict", "found"),
    [
        ({}, "ok", "no keys but ours"),
        ({"db0": {"keys": 6, "expires": 2}}, "ok", "no keys but ours"),
        ({"db0": {"keys": 9, "expires": 3}}, "ok", "4 keys of others, 1 of them"),
        (
            {"db0": {"keys": 5, "expires": 2}, "db14": {"keys": 40, "expires": 40}},
            "warning",
            "a cache shares",
        ),
        ({"db0": {"keys": 2005, "expires": 2}}, "warning", "something else shares"),
    ],
)
def test_neighbours(spaces: dict[str, Any], verdict: str, found: str) -> None:
    """Our three lists, two locks and one number are no strangers; many keys that expire are a cache, wherever."""
    [check] = check_neighbours(redis_facts(**spaces), lists=3, locks=2, numbers=1)
    assert check.verdict.value == verdict
    assert found in check.found


def _replica(state: str = "online", offset: int = 1000, lag: int = 0) -> dict[str, Any]:
    return {"ip": "10.0.0.2", "port": 6379, "state": state, "offset": offset, "lag": lag}


@pytest.mark.parametrize(
    ("info", "mode", "wait", "verdict", "found"),
    [
        ({}, "standalone", 0, "ok", "no replica"),
        ({}, "sentinel", 0, "warning", "no replica"),
        ({}, "standalone", 1, "error", "redis.wait_replicas is 1"),
        (
            {"connected_slaves": 1, "slave0": _replica()},
            "cluster",
            1,
            "ok",
            "1 replica online, at most 234 bytes",
        ),
        ({"connected_slaves": 1, "slave0": _replica("wait_bgsave")}, "sentinel", 1, "error", "1 not yet"),
        ({"connected_slaves": 1, "slave0": _replica(lag=60)}, "sentinel", 1, "warning", "not heard of"),
        ({"role": "slave", "master_host": "m", "master_port": 1}, "standalone", 0, "error", "replica of m:1"),
    ],
)
def test_replicas(info: dict[str, Any], mode: str, wait: int, verdict: str, found: str) -> None:
    """As many as have to acknowledge, not late, and at least one where somebody is to take over."""
    [check] = check_replicas(redis_facts(master_repl_offset=1234, **info), mode=mode, wait_replicas=wait)
    assert check.verdict.value == verdict
    assert found in check.found


def test_a_cluster_serves_all_slots_and_has_queues_everywhere() -> None:
    """A node that is away is doubtful while another answers; without any nothing else is said."""
    section = Redis.model_validate({"mode": "cluster", "hosts": ["a:1", "b:1"]})
    halves = [server_at(section, "a", 1, [(0, 8191)]), server_at(section, "b", 1, [(8192, 16383)])]
    whole = ClusterView(masters=halves, answering=["a:1", "b:1"])
    assert verdicts(list(check_cluster(whole, queues=4)))["cluster.slots"] == "ok"
    assert verdicts(list(check_cluster(whole, queues=1)))["cluster.slots"] == "warning"
    half = ClusterView(masters=halves[:1], answering=["a:1"], away={"b:1": BrokerUnavailable("gone")})
    found = list(check_cluster(half, queues=4))
    assert [check.verdict.value for check in found] == ["warning", "ok", "error"]
    none = ClusterView(away={"a:1": BrokerUnavailable("gone")})
    assert verdicts(list(check_cluster(none, queues=4))) == {"cluster.connection": "error"}


def test_a_server_is_reached_alone_with_the_account_of_all() -> None:
    """Nobody of a cluster is asked for a slot of another, and the password goes along."""
    section = Redis.model_validate({"mode": "cluster", "hosts": ["a:1"], "password": "p"})
    reach = server_at(section, "::1", 2, [(5, 9)])
    assert reach.address == "[::1]:2"
    assert (reach.section.mode, reach.section.password) == ("standalone", section.password)
    assert [reach.serves(slot) for slot in (4, 5, 9, 10)] == [False, True, True, False]
    assert the_server(Redis()).serves(16383)


def _state(queue: int, waiting: int = 0, holder: str | None = None, left: float | None = None) -> QueueState:
    return QueueState(queue=queue, waiting=waiting, lock_holder=holder, lock_seconds_left=left)


def test_what_waits() -> None:
    """In queues that nobody reads, or that are locked for ever, it waits in vain."""
    well = [_state(0, 3, "token", 50.0), _state(1)]
    [check] = check_waiting(well, count=2)
    assert check.verdict.value == "ok"
    assert check.found == "2 queues, 3 entries wait, 1 locked"
    [check] = check_waiting([*well, _state(2), _state(3, 7)], count=2)
    assert check.verdict.value == "warning"
    assert "queue 3: 7" in check.found
    [check] = check_waiting([_state(0, 3, "for ever", None)], count=1)
    assert check.verdict.value == "warning"
    assert "locked for good: queue 0" in check.found


def test_the_size_of_a_request_is_that_of_what_waits() -> None:
    """Bulk requests count each of theirs; what can not be read counts once; without any it is a page view's."""
    queues = MemoryQueues(count=2, clock=FakeClock())
    assert request_size(queues, "plugin") == typical_request("plugin")
    assert not typical_request("plugin").measured
    assert typical_request("compact").bytes < typical_request("plugin").bytes < 2000
    three = encode(RequestSet(requests=[{"a": "1"}] * 3, server={}, cookies={}, token_auth=False, time=1.0))
    queues.push([(0, three), (1, b"nonsense")])
    found = request_size(queues, "plugin")
    assert found.measured
    assert found.bytes == (len(three) + len(b"nonsense")) / 4


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (exceptions.NoPermissionError("no permissions to run 'evalsha'"), "ACL SETUSER"),
        (exceptions.AuthenticationError("invalid username-password pair"), "password_file"),
        (exceptions.ResponseError("NOAUTH Authentication required"), "wants a password"),
        (exceptions.OutOfMemoryError("command not allowed"), "maxmemory"),
        (exceptions.ReadOnlyError("READONLY"), "replica"),
        (exceptions.ResponseError("MISCONF Redis is configured to save"), "disk"),
        (exceptions.TimeoutError("Timeout reading"), "hangs"),
        (exceptions.ConnectionError("Error 111"), "running"),
        (exceptions.ResponseError("something new"), "log"),
    ],
)
def test_advice_fits_the_error(error: Exception, part: str) -> None:
    """By what lies behind our own error."""
    ours = BrokerUnavailable(f"Redis: {error}")
    ours.__cause__ = error
    assert part in redis_advice(ours)
    assert part in redis_advice(error)


def test_advice_where_replicas_do_not_acknowledge() -> None:
    """That is an error of ours without one behind it."""
    assert "lower redis.wait_replicas" in redis_advice(
        BrokerUnavailable("0 of 1 replicas (redis.wait_replicas) acknowledged")
    )
