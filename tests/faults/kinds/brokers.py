"""A Redis that dies, hangs, or comes back as it was before."""

from __future__ import annotations

import shutil
from random import Random

from tests.faults.ground import SingleRedis
from tests.faults.kinds.kind import ALL, BROKER, SERVERS
from tests.faults.scene import Scene

#: Where Redis keeps its append-only file.
AOF = "appendonlydir"


class KillRedis:
    """`kill -9` of Redis; requests go to the spool."""

    heals = SERVERS
    needs = frozenset({BROKER})

    def __init__(self, scene: Scene, _random: Random) -> None:
        self._ground = scene.ground

    def __str__(self) -> str:
        return ""

    def strike(self) -> None:
        """Kill it."""
        self._ground.master.kill()

    def heal(self) -> None:
        """Start it with its file; the locks in it are over, as they would be after some seconds."""
        self._ground.master.start()
        self._ground.expire_locks()


class FreezeRedis:
    """Redis hangs: pushes that were given up may arrive later."""

    heals = SERVERS
    needs = frozenset({BROKER})

    def __init__(self, scene: Scene, _random: Random) -> None:
        self._server = scene.ground.master

    def __str__(self) -> str:
        return ""

    def strike(self) -> None:
        """SIGSTOP."""
        self._server.freeze()

    def heal(self) -> None:
        """SIGCONT."""
        self._server.thaw()


class RestoreRedis:
    """Redis is restored from an older copy of its file: entries come back that were recorded meanwhile.

    What was accepted after the copy is not in it; so all of that is recorded before Redis is taken back. Whatever
    were not would be lost, and nobody promises anything else.
    """

    heals = SERVERS
    needs = ALL

    def __init__(self, scene: Scene, random: Random) -> None:
        self._scene = scene
        assert isinstance(scene.ground, SingleRedis)
        self._ground = scene.ground
        #: HTTP requests that wait when the copy is made, and that are accepted afterwards
        self._in_copy = random.randint(10, 60)
        self._later = random.randint(0, 40)

    def __str__(self) -> str:
        return f"{self._in_copy} requests come back, {self._later} later ones do not"

    def strike(self) -> None:
        """Copy with entries in it, have all recorded, and put the copy back."""
        ground, crowd = self._ground, self._scene.crowd
        for worker in ground.workers:
            worker.process.freeze()
        crowd.allow(self._in_copy)
        crowd.finish()
        copy = ground.redis_folder / "copy"
        shutil.copytree(ground.redis_folder / AOF, copy)
        for worker in ground.workers:
            worker.process.thaw()
        crowd.allow(self._later)
        crowd.finish()
        ground.drain()
        ground.redis.kill()
        shutil.rmtree(ground.redis_folder / AOF)
        copy.rename(ground.redis_folder / AOF)

    def heal(self) -> None:
        """Start it; the locks in the copy are over, as they would be after so long."""
        self._ground.redis.start()
        self._ground.expire_locks()
