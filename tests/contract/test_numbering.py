"""How many queues are in force: one answer for everybody, and no push by an old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qtd.errors import QueuesRenumbered
from qtd.queue.contract import Numbering
from tests.contract.backends import COUNT

if TYPE_CHECKING:
    from tests.contract.backends import Backend

ENTRIES = [(0, b"a"), (3, b"b"), (0, b"c"), (1, b"d")]


def test_nobody_pushes_by_a_number_that_is_not_in_force(backend: Backend) -> None:
    """Neither before there is one, nor after it has changed; the error gives the entries back in their order."""
    queues = backend.open()
    assert queues.numbering() is None
    with pytest.raises(QueuesRenumbered) as nobody:
        queues.push_in_force(ENTRIES)
    assert (nobody.value.count, nobody.value.entries) == (None, ENTRIES)
    assert queues.adopt(Numbering(count=COUNT)) == Numbering(count=COUNT)
    assert backend.open(9).adopt(Numbering(count=9)) == Numbering(count=COUNT), "the first one counts"
    queues.push_in_force(ENTRIES)
    assert [queues.read(queue, 10) for queue in range(COUNT)] == [[b"a", b"c"], [b"d"], [], [b"b"]]
    backend.open(7).renumber(Numbering(count=7))
    with pytest.raises(QueuesRenumbered) as old:
        queues.push_in_force(ENTRIES)
    assert (old.value.count, old.value.entries) == (7, ENTRIES)
    assert queues.lengths() == [2, 1, 0, 1]
    queues.with_count(7).push_in_force([(6, b"e")])
    assert queues.used() == [0, 1, 3, 6]


def test_a_change_is_announced_before_the_number_changes(backend: Backend) -> None:
    """Pushes go on by the present one, and whoever asks hears what is to come."""
    queues = backend.open()
    for numbering in (Numbering(count=COUNT), Numbering(count=COUNT, target=6)):
        backend.open(6).renumber(numbering)
        assert queues.numbering() == numbering
        queues.push_in_force([(2, b"x")])
    backend.open(6).renumber(Numbering(count=6, target=6))
    with pytest.raises(QueuesRenumbered):
        queues.push_in_force([(2, b"x")])
    assert queues.lengths() == [0, 0, 2, 0]


def test_many_entries_go_in_one_push(backend: Backend) -> None:
    """More than a script can unpack at once, in their order."""
    queues = backend.open()
    queues.adopt(Numbering(count=COUNT))
    entries = [(1, b"%d" % number) for number in range(2500)]
    queues.push_in_force(entries)
    assert queues.read(1, 3000) == [stored for _, stored in entries]
