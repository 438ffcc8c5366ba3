"""Finding the master: through any Sentinel, with the right accounts, again after it has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qtd.errors import BrokerUnavailable
from qtd.queue.open import open_servers
from qtd.queue.redis import RedisQueues
from tests.servers import sections
from tests.servers.process import free_port
from tests.servers.sentinel import MASTER_NAME, SENTINELS_PASSWORD, running_sentinels
from tests.servers.waiting import until

if TYPE_CHECKING:
    from tests.servers.sentinel import SentinelGroup


def open_sentinel(group: SentinelGroup, **section: object) -> RedisQueues:
    """Open two queues of the master, quick to give up."""
    impatient = {"connect_timeout_seconds": 0.5, "command_timeout_seconds": 1.0, "wait_timeout_seconds": 0.2}
    return RedisQueues(open_servers(sections.sentinel(group, **(impatient | section))), count=2)


def test_any_sentinel_will_do(sentinels: SentinelGroup) -> None:
    """Those that are not there are passed over, whatever their place in the list."""
    there = f"127.0.0.1:{sentinels.sentinels[1].port}"
    gone = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    open_sentinel(sentinels, hosts=[*gone, there]).push([(0, b"entry")])
    assert open_sentinel(sentinels, hosts=[there, *gone]).read(0, 10) == [b"entry"]


def test_no_sentinel_at_all_is_an_outage_that_names_them(sentinels: SentinelGroup) -> None:
    """The reason says who was asked and for which master."""
    gone = free_port()
    with pytest.raises(
        BrokerUnavailable, match=rf"names the master '{MASTER_NAME}': 127.0.0.1:{gone}: Error 111"
    ):
        open_sentinel(sentinels, hosts=[f"127.0.0.1:{gone}"]).ping()


def test_a_name_that_no_sentinel_knows_is_named(sentinels: SentinelGroup) -> None:
    """A typing error in master_name is seen as such."""
    section = {"master_name": "other", "password": SENTINELS_PASSWORD}
    with pytest.raises(BrokerUnavailable, match=r"names the master 'other': .* knows no such master; .*; "):
        open_sentinel(sentinels, sentinel=section).ping()


def test_each_kind_of_password_is_used_for_its_own(sentinels: SentinelGroup) -> None:
    """The servers' is not the Sentinels': either missing is an error of its own, and none is quoted."""
    with pytest.raises(BrokerUnavailable, match=r"(?i)no Sentinel .* auth") as raised:
        open_sentinel(sentinels, sentinel={"master_name": MASTER_NAME}).ping()
    assert SENTINELS_PASSWORD not in str(raised.value)
    with pytest.raises(BrokerUnavailable, match=r"(?i)auth"):
        open_sentinel(sentinels, password=None).ping()


def test_a_master_that_became_a_replica_is_left() -> None:
    """A planned failover while connections are open: one call may fail, the next finds the new master."""
    with running_sentinels() as group:
        queues = open_sentinel(group)
        queues.push([(0, b"one")])
        until(lambda: all(s.knows_all() for s in group.sentinels), "the Sentinels know each other")
        with group.sentinels[0].client() as client:
            client.sentinel_failover(MASTER_NAME)
        old, new = group.servers
        until(lambda: {s.master_port() for s in group.sentinels} == {new.port}, "all Sentinels know it")
        group.follow(old, new)
        lock = None
        try:
            lock = queues.acquire(0, 60)
        except BrokerUnavailable:
            lock = queues.acquire(0, 60)
        assert lock is not None
        queues.push([(0, b"two")])
        queues.trim(lock, [b"one"])
        with new.client() as client:
            assert client.lrange("trackingQueueV1", 0, -1) == [b"two"]


def test_without_enough_replicas_a_push_is_refused(sentinels: SentinelGroup) -> None:
    """A replica that hangs does not acknowledge; the push says so in time, and what it wrote is there."""
    queues = open_sentinel(sentinels, wait_replicas=1)
    queues.push([(0, b"one"), (1, b"other")])
    sentinels.servers[1].freeze()
    try:
        with pytest.raises(BrokerUnavailable, match=r"0 of 1 replicas .* within 0.2 s"):
            queues.push([(0, b"two")])
    finally:
        sentinels.servers[1].thaw()
    queues.push([(0, b"three")])
    assert queues.read(0, 10) == [b"one", b"two", b"three"]
    with pytest.raises(BrokerUnavailable, match="1 of 2 replicas"):
        open_sentinel(sentinels, wait_replicas=2).push([(0, b"four")])
