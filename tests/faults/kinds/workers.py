"""Workers that die, or hang for longer than their locks last."""

from __future__ import annotations

from random import Random

from sqlalchemy import text

from qtd.db.transaction import writing
from tests.faults.kinds.kind import ALL, CATCH, CAUGHT, PROCESSES
from tests.faults.proxy import Point, Trap
from tests.faults.scene import Scene


class KillWorker:
    """`kill -9` at any point of a batch; what it had sent may still arrive."""

    heals = PROCESSES
    needs = frozenset({CATCH})

    def __init__(self, scene: Scene, random: Random) -> None:
        self._scene = scene
        self._worker = random.choice(scene.ground.workers)
        self._point = random.choice(list(Point))
        self._arrives = random.random() < 0.5

    def __str__(self) -> str:
        return f"{self._worker.process.name} at {self._point}, {'sent' if self._arrives else 'not sent'}"

    def strike(self) -> None:
        """Catch and kill it."""
        trap = self._scene.catch(self._worker, self._point)
        self._worker.process.kill()
        if self._arrives:
            trap.release()
        else:
            trap.lose()
        self._scene.ground.expire_locks()

    def heal(self) -> None:
        """Start another; nobody waits for it, as the other worker goes on."""
        self._worker.process.start()


class FreezeWorker:
    """SIGSTOP at any point of a batch until its locks are over, so that the other worker has them; then it wakes up."""

    heals = CAUGHT
    needs = frozenset({CATCH})

    def __init__(self, scene: Scene, random: Random) -> None:
        self._scene = scene
        self._worker = random.choice(scene.ground.workers)
        self._point = random.choice(list(Point))
        #: the statement reaches the server only when the worker wakes up
        self._late = random.random() < 0.5
        self._trap: Trap | None = None

    def __str__(self) -> str:
        return f"{self._worker.process.name} at {self._point}, {'late' if self._late else 'sent'}"

    def strike(self) -> None:
        """Catch and freeze it, and let its locks be over."""
        self._trap = self._scene.catch(self._worker, self._point)
        self._worker.process.freeze()
        if not self._late:
            self._trap.release()
        self._scene.ground.expire_locks()
        # Further on it has rows locked in the database, and nobody can take its queue over.
        untouched = self._point is Point.LOOK or (self._point is Point.BEGIN and self._late)
        if self._scene.alone and untouched:
            self._scene.until_others_took_over()

    def heal(self) -> None:
        """Wake it up."""
        if self._trap is not None:
            self._trap.release_and_wait()
        self._worker.process.thaw()


class TwoHolders:
    """A worker that wakes up so late that the ledger has forgotten its entries, believing that it has the queue."""

    heals = CAUGHT
    needs = ALL

    def __init__(self, scene: Scene, random: Random) -> None:
        self._scene = scene
        self._worker = random.choice(scene.ground.workers)
        self._trap: Trap | None = None

    def __str__(self) -> str:
        return self._worker.process.name

    def strike(self) -> None:
        """Freeze it with a batch in its hands, have the other one record that, and let `keep` go by."""
        scene = self._scene
        self._trap = scene.catch(self._worker, Point.LOOK)
        self._worker.process.freeze()
        scene.ground.expire_locks()
        scene.until_others_took_over()
        with writing(scene.ground.engine) as connection:  # what tidying removes after keep.identities_minutes
            connection.execute(text("DELETE FROM qtd_ledger_batch"))

    def heal(self) -> None:
        """Wake it up."""
        if self._trap is not None:
            self._trap.release_and_wait()
        self._worker.process.thaw()
