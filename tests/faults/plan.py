"""What is to happen in a round: drawn from the seed and the round's number, and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.faults.kinds import KINDS
from tests.faults.kinds.kind import Kind

#: Share of rounds with two kinds of fault at once.
TWO_AT_ONCE = 0.4


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One round."""

    seed: int
    #: from 1
    number: int
    #: one or two, on the same ground
    kinds: tuple[Kind, ...]
    #: HTTP requests before the first fault, while the faults last, and from then on
    before: int
    during: int
    after: int

    def random(self, what: str) -> Random:
        """A source of chance of its own for each part of the round, so that none depends on another's draws."""
        return Random(f"{self.seed} {self.number} {what}")


def plan_of(seed: int, number: int, kinds: Sequence[Kind] = KINDS) -> Plan:
    """The plan of a round; each of `kinds` has its turn once in as many rounds as there are."""
    turn, place = divmod(number - 1, len(kinds))
    order = list(kinds)
    Random(f"{seed} order {turn}").shuffle(order)
    chosen = [order[place]]
    random = Random(f"{seed} {number} plan")
    if len(kinds) > 1 and random.random() < TWO_AT_ONCE:
        partners = [kind for kind in kinds if kind.goes_with(chosen[0])]
        chosen += random.sample(partners, min(1, len(partners)))
    return Plan(
        seed=seed,
        number=number,
        kinds=tuple(chosen),
        before=random.randint(10, 60),
        during=random.randint(20, 70),
        after=random.randint(10, 40),
    )
