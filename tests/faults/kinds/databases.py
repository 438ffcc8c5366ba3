"""A database that dies and comes back."""

from __future__ import annotations

from random import Random

from tests.faults.kinds.kind import CATCH, DATABASE, SERVERS
from tests.faults.proxy import Point
from tests.faults.scene import Scene


class KillMariaDb:
    """`kill -9` of MariaDB while a worker is at any point of a batch."""

    heals = SERVERS
    needs = frozenset({CATCH, DATABASE})

    def __init__(self, scene: Scene, random: Random) -> None:
        self._scene = scene
        self._worker = random.choice(scene.ground.workers)
        self._point = random.choice(list(Point))

    def __str__(self) -> str:
        return f"{self._worker.process.name} at {self._point}"

    def strike(self) -> None:
        """Kill it."""
        trap = self._scene.catch(self._worker, self._point)
        self._scene.ground.mariadb.kill()
        trap.lose()

    def heal(self) -> None:
        """Start it, which makes it recover from its log."""
        self._scene.ground.mariadb.start()
