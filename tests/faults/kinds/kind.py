"""A kind of fault: where it can strike, with which others, and what makes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

from tests.faults.ground import Ground
from tests.faults.scene import Scene

#: What a fault may need for itself.
CATCH, BROKER, DATABASE, ENDPOINT, GARBAGE = "catch", "broker", "database", "endpoint", "garbage"
ALL: Final = frozenset({CATCH, BROKER, DATABASE, ENDPOINT, GARBAGE})

#: In which order faults are made good: servers, then whoever waits for one, then processes that need them to start.
SERVERS, CAUGHT, PROCESSES = range(3)


class Fault(Protocol):
    """One fault in one round; its text says what the dice have chosen."""

    #: `SERVERS`, `CAUGHT` or `PROCESSES`
    heals: int

    def strike(self) -> None:
        """Do it; clients may be sending meanwhile."""

    def heal(self) -> None:
        """Make it good: from now on everything works again, at once or by itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of fault."""

    #: as in KIND=
    name: str
    make: Callable[[Scene, Random], Fault]
    #: of what no other fault may need anything at the same time
    needs: frozenset[str]
    #: null: any
    ground: type[Ground] | None = None
    #: can not be had where the spool has no disk of its own
    needs_small_disk: bool = False

    @property
    def turn(self) -> int:
        """When it strikes among several: garbage while all is well, then who catches a worker while it has work."""
        if GARBAGE in self.needs:
            return 0
        return 1 if CATCH in self.needs else 2

    def goes_with(self, other: Kind) -> bool:
        """Whether both may strike in the same round."""
        grounds = {self.ground, other.ground} - {None}
        return not self.needs & other.needs and len(grounds) < 2
