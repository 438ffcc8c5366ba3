"""A disk that gets full under the spool."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from random import Random

from tests.faults.kinds.kind import BROKER, SERVERS
from tests.faults.scene import Scene

_BLOCK = 4096


class FullDisk:
    """Redis is away and the spool's disk has room for little more: clients hear 503, and nothing false."""

    heals = SERVERS
    needs = frozenset({BROKER})

    def __init__(self, scene: Scene, random: Random) -> None:
        self._ground = scene.ground
        self._ballast = scene.ground.spool / "ballast"
        self._room = random.choice((0, 1, 2, 4, 8)) * _BLOCK

    def __str__(self) -> str:
        return f"{self._room // 1024} KiB left"

    def strike(self) -> None:
        """Fill it, then kill Redis."""
        fill(self._ballast, leave=self._room)
        self._ground.master.kill()

    def heal(self) -> None:
        """Make room, and start Redis."""
        self._ballast.unlink()
        self._ground.master.start()
        self._ground.expire_locks()


def fill(file: Path, *, leave: int) -> None:
    """Write a file that takes all of its disk but `leave` bytes."""
    with file.open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(_BLOCK))
    os.truncate(file, max(file.stat().st_size - leave, 0))
