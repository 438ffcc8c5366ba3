"""Plans: reproducible, fair to all kinds, and possible."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from qtd.errors import UndecodableEntry
from qtd.wire.request_set import decode, identity
from tests.faults.kinds import KINDS
from tests.faults.kinds.garbage import garbage
from tests.faults.plan import plan_of


def test_seed_and_number_are_a_round() -> None:
    """The same two numbers give the same plan and the same dice, alone or after other rounds."""
    plan = plan_of(7, 31)
    assert plan == plan_of(7, 31)
    assert plan.random("x").random() == plan_of(7, 31).random("x").random()
    assert plan.random("x").random() != plan.random("y").random()
    assert [plan_of(7, number) for number in range(1, 40)] != [plan_of(8, number) for number in range(1, 40)]


def test_each_kind_has_its_turn() -> None:
    """In as many rounds as there are kinds each comes first once; some have company, on the same ground."""
    plans = [plan_of(1, number) for number in range(1, 3 * len(KINDS) + 1)]
    for first in range(0, len(plans), len(KINDS)):
        turn = plans[first : first + len(KINDS)]
        assert Counter(plan.kinds[0].name for plan in turn) == Counter(kind.name for kind in KINDS)
    pairs = [plan.kinds for plan in plans if len(plan.kinds) == 2]
    assert len(KINDS) // 2 < len(pairs) < 2 * len(KINDS)
    for one, other in pairs:
        assert not one.needs & other.needs
        assert len({one.ground, other.ground} - {None}) < 2


def test_one_kind_alone_has_no_company() -> None:
    """`KIND=` shows that kind and nothing else."""
    kind = KINDS[0]
    assert {plan_of(1, number, [kind]).kinds for number in range(1, 30)} == {(kind,)}


def test_garbage_is_garbage() -> None:
    """Each of its forms can not be decoded, and has an identity of its own, so that each is a dead letter."""
    random = Random(1)
    entries = [garbage(random) for _ in range(500)]
    for entry in entries:
        with pytest.raises(UndecodableEntry):
            decode(entry)
    assert len({identity(entry) for entry in entries}) == len(entries)
