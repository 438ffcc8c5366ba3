"""Failover to a replica that has everything, or that missed what happened last."""

from __future__ import annotations

from random import Random

from tests.faults.kinds.kind import BROKER, CATCH, DATABASE, ENDPOINT, SERVERS
from tests.faults.patience import until
from tests.faults.scene import Scene
from tests.faults.watched_redis import WatchedRedis


class Failover:
    """The master is killed under load; Sentinels make the replica the master."""

    heals = SERVERS
    needs = frozenset({BROKER})

    def __init__(self, scene: Scene, _random: Random) -> None:
        assert isinstance(scene.ground, WatchedRedis)
        self._ground = scene.ground

    def __str__(self) -> str:
        return ""

    def strike(self) -> None:
        """Kill and fail over."""
        self._ground.fail_over()

    def heal(self) -> None:
        """The killed one comes back as the replica; without it no push is acknowledged."""
        self._ground.restore_replica()


class LaggingFailover:
    """The replica hears nothing of its master for a while, and then takes over.

    It has all that was acknowledged until then, for `wait_replicas` is 1. Later requests are in the spool. But it
    has missed what was trimmed: those entries come back.
    """

    heals = SERVERS
    needs = frozenset({BROKER, CATCH, DATABASE, ENDPOINT})

    def __init__(self, scene: Scene, random: Random) -> None:
        assert isinstance(scene.ground, WatchedRedis)
        self._ground = scene.ground
        self._crowd = scene.crowd
        self._comes_back = random.randint(10, 50)
        self._unheard = random.randint(5, 30)

    def __str__(self) -> str:
        return f"{self._comes_back} requests come back, {self._unheard} unheard of"

    def strike(self) -> None:
        """Let entries wait on both servers, be recorded on one, and lose that one."""
        ground, crowd = self._ground, self._crowd
        for worker in ground.workers:
            worker.process.freeze()
        crowd.allow(self._comes_back)
        crowd.finish()
        ground.detach_replica()
        for worker in ground.workers:
            worker.process.thaw()
        crowd.allow(self._unheard)
        crowd.finish()
        until_recorded(ground)
        ground.fail_over()

    def heal(self) -> None:
        """The killed one comes back as the replica."""
        self._ground.restore_replica()


def until_recorded(ground: WatchedRedis) -> None:
    """Wait until nothing waits on the master; what is in the spool can not leave it without a replica."""
    until(lambda: not ground.waiting(), "the master's entries are recorded")
