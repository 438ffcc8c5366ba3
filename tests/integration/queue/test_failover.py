"""What happens to pushes while the master dies: what was acknowledged is there, and the rest was refused."""

from __future__ import annotations

import time
from threading import Event, Thread
from typing import TYPE_CHECKING

from qtd.errors import BrokerUnavailable
from qtd.queue.open import open_servers
from qtd.queue.redis import RedisQueues
from tests.servers import sections
from tests.servers.cluster import running_cluster
from tests.servers.sentinel import running_sentinels
from tests.servers.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtd.config.redis import Redis

QUEUES = 2
#: What a master says that has lost its only replica.
WITHOUT_REPLICA = "0 of 1 replicas (redis.wait_replicas) acknowledged"
IMPATIENT = {"connect_timeout_seconds": 0.5, "command_timeout_seconds": 1.0, "wait_timeout_seconds": 0.3}


class Load(Thread):
    """Pushes without a break, two entries for each queue at a time, and remembers what it was told."""

    def __init__(self, section: Redis) -> None:
        super().__init__(daemon=True)
        self._queues = RedisQueues(open_servers(section), count=QUEUES)
        self._stop_it = Event()
        self.acknowledged: list[int] = []
        self.refused: dict[str, int] = {}
        #: Longest time between two acknowledgements, seconds.
        self.pause = 0.0

    def run(self) -> None:
        """Push until told to stop."""
        number = 0
        last = time.monotonic()
        while not self._stop_it.is_set():
            number += 1
            try:
                self._queues.push(entries(number))
            except BrokerUnavailable as error:
                self.refused[str(error)] = self.refused.get(str(error), 0) + 1
                self._stop_it.wait(0.01)
            else:
                self.acknowledged.append(number)
                now = time.monotonic()
                self.pause, last = max(self.pause, now - last), now
        self._queues.close()

    def stop(self) -> None:
        """End after the push under way."""
        self._stop_it.set()
        self.join(30)

    def got_on(self, by: int) -> Callable[[], bool]:
        """Return whether that many more were acknowledged, from now."""
        goal = len(self.acknowledged) + by
        return lambda: len(self.acknowledged) >= goal


def entries(number: int) -> list[tuple[int, bytes]]:
    """Make one push."""
    return [(queue, b"%d %s" % (number, part)) for part in (b"first", b"second") for queue in range(QUEUES)]


def check_nothing_lost(section: Redis, acknowledged: list[int]) -> None:
    """Every acknowledged push is there once and in order; others may be, between them."""
    queues = RedisQueues(open_servers(section), count=QUEUES)
    known = set(acknowledged)
    for queue in range(QUEUES):
        waiting = queues.read(queue, 10**6)
        found = [entry for entry in waiting if int(entry.split()[0]) in known]
        assert found == [entry for number in acknowledged for at, entry in entries(number) if at == queue]
    queues.close()


def test_sentinels_replace_a_killed_master(record_property: Callable[[str, object], None]) -> None:
    """With wait_replicas: 1 no acknowledged push is lost, and the same object goes on with the new master."""
    with running_sentinels("--appendonly", "yes", down_after_milliseconds=1000) as group:
        until(lambda: all(s.knows_all() for s in group.sentinels), "the Sentinels know each other")
        section = sections.sentinel(group, wait_replicas=1, **IMPATIENT)
        load = Load(section)
        load.start()
        until(load.got_on(300), "pushes are acknowledged")
        killed, replica = group.servers
        killed.kill()
        at = time.monotonic()
        until(lambda: {s.master_port() for s in group.sentinels} == {replica.port}, "the replica is master")
        until(lambda: any(WITHOUT_REPLICA in reason for reason in load.refused), "it is written to")
        record_property("seconds until the new master is written to", time.monotonic() - at)
        killed.start()
        group.follow(killed, replica)
        until(load.got_on(300), "pushes are acknowledged again")
        load.stop()
        record_property("seconds without an acknowledgement", load.pause)
        check_nothing_lost(section, load.acknowledged)


def test_a_cluster_replaces_a_killed_master(record_property: Callable[[str, object], None]) -> None:
    """The shard's replica takes over; with wait_replicas: 1 no acknowledged push is lost."""
    with running_cluster("--appendonly", "yes", node_timeout_milliseconds=1000, replicas=True) as cluster:
        section = sections.cluster(cluster, wait_replicas=1, **IMPATIENT)
        load = Load(section)
        load.start()
        until(load.got_on(300), "pushes are acknowledged")
        killed = cluster.owner_of("trackingQueueV1")
        replica = cluster.servers[cluster.servers.index(killed) + len(cluster.masters)]
        killed.kill()
        at = time.monotonic()
        until(lambda: replica.info("role") == "master", "the replica is master")
        until(lambda: any(WITHOUT_REPLICA in reason for reason in load.refused), "it is written to")
        record_property("seconds until the new master is written to", time.monotonic() - at)
        killed.start()  # it finds out by itself that it is a replica now
        until(load.got_on(300), "pushes are acknowledged again")
        load.stop()
        record_property("seconds without an acknowledgement", load.pause)
        check_nothing_lost(section, load.acknowledged)
