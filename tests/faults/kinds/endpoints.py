"""An endpoint that dies in the middle of everything."""

from __future__ import annotations

import os
import signal
from random import Random

from tests.faults.kinds.kind import ENDPOINT, PROCESSES
from tests.faults.patience import until
from tests.faults.scene import Scene


class KillIngest:
    """`kill -9` of one of the endpoint's processes, or of all of them."""

    heals = PROCESSES
    needs = frozenset({ENDPOINT})

    def __init__(self, scene: Scene, random: Random) -> None:
        self._endpoint = scene.ground.endpoint
        self._all = random.random() < 0.5
        self._which = random.random()

    def __str__(self) -> str:
        return "all processes" if self._all else "one process"

    def strike(self) -> None:
        """Kill."""
        if self._all:
            self._endpoint.kill()
            return
        until(lambda: bool(self._endpoint.children()), "the endpoint has processes")
        children = self._endpoint.children()
        os.kill(children[int(self._which * len(children))], signal.SIGKILL)

    def heal(self) -> None:
        """Start it again; one process is replaced by the first."""
        if self._all:
            self._endpoint.start()
            self._endpoint.ready()
