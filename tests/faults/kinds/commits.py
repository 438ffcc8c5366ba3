"""Batches whose transaction does not come to its end as it should."""

from __future__ import annotations

from random import Random

import pymysql

from tests.faults.kinds.kind import CATCH, CAUGHT, DATABASE, SERVERS
from tests.faults.patience import until
from tests.faults.proxy import Point, Trap
from tests.faults.scene import Scene


class CutCommit:
    """The connection is lost at the commit: before it reached the server, or before its answer came back."""

    heals = CAUGHT
    needs = frozenset({CATCH})

    def __init__(self, scene: Scene, random: Random) -> None:
        self._scene = scene
        self._worker = random.choice(scene.ground.workers)
        self._point = random.choice((Point.COMMIT, Point.COMMITTED))

    def __str__(self) -> str:
        return f"{self._worker.process.name}, {'not ' * (self._point is Point.COMMIT)}done"

    def strike(self) -> None:
        """Lose it."""
        self._scene.catch(self._worker, self._point).lose()

    def heal(self) -> None:
        """Nothing is left to do."""


class HangingCommit:
    """A commit that hangs for longer than the worker waits for it; it takes place later, or never."""

    heals = CAUGHT
    needs = frozenset({CATCH})

    def __init__(self, scene: Scene, random: Random) -> None:
        self._scene = scene
        self._worker = random.choice(scene.ground.workers)
        self._arrives = random.random() < 0.7
        self._trap: Trap | None = None

    def __str__(self) -> str:
        return f"{self._worker.process.name}, {'arrives late' if self._arrives else 'never arrives'}"

    def strike(self) -> None:
        """Hold it until the worker has given up."""
        self._trap = self._scene.catch(self._worker, Point.COMMIT)
        until(self._trap.given_up, "the worker gives its commit up")

    def heal(self) -> None:
        """Let it through, or not."""
        if self._trap is None:
            return
        if self._arrives:
            self._trap.release()
        else:
            self._trap.lose()


class LockedRows:
    """Somebody else has rows or a table locked that batches need, for longer than they wait (1205)."""

    heals = SERVERS
    needs = frozenset({CATCH, DATABASE})

    def __init__(self, scene: Scene, random: Random) -> None:
        self._scene = scene
        self._what = random.choice(("ledger", "log_link_visit_action", "log_visit"))
        self._connection: pymysql.Connection | None = None

    def __str__(self) -> str:
        return self._what

    def strike(self) -> None:
        """Lock, and wait until a batch was given up for it."""
        ground = self._scene.ground
        marks = [worker.process.mark() for worker in ground.workers]
        self._connection = ground.mariadb.connect(ground.schema)
        with self._connection.cursor() as cursor:
            if self._what == "ledger":
                cursor.execute("BEGIN")
                cursor.execute("SELECT * FROM qtd_ledger FOR UPDATE")
            else:
                cursor.execute(f"LOCK TABLES {self._what} READ")

        def given_up() -> bool:
            self._scene.crowd.allow(1)
            pairs = zip(ground.workers, marks, strict=True)
            return any(worker.process.logged("1205", since=mark) for worker, mark in pairs)

        until(given_up, "a batch waits in vain")

    def heal(self) -> None:
        """Unlock."""
        if self._connection is not None:
            self._connection.close()
