"""What a fault sees of its round: the ground, the clients, and whether it is the only one."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.faults.crowd import Crowd
from tests.faults.ground import Ground, Worker
from tests.faults.patience import until
from tests.faults.proxy import Point, Trap

#: Between two requests that are to give a worker something to do.
TRICKLE_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One round's."""

    ground: Ground
    crowd: Crowd
    #: no other fault is in force
    alone: bool
    #: entries pushed past the endpoint that nobody can decode, and whether each is as durable as what is accepted
    garbage: dict[bytes, bool] = field(default_factory=dict)

    def catch(self, worker: Worker, point: Point) -> Trap:
        """Catch a worker at a point of its next batch; clients send as much more as it takes.

        Raises:
            ServerError: it never comes there.
        """
        worker.process.ready()
        trap = worker.door.set_trap(point)

        def caught() -> bool:
            self.crowd.allow(2)
            return trap.wait(TRICKLE_SECONDS)

        if not trap.caught:
            until(caught, f"{worker.process.name} is at {point}")
        return trap

    def until_others_took_over(self) -> None:
        """Wait until those who can have recorded all that was accepted."""
        self.crowd.finish()
        until(self.ground.drained, "the other worker has taken over")
