"""The number of queues changes on every backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtd.clock import SystemClock
from qtd.queue.moving import queues_needed
from qtd.queue.partitioner import queue_of
from qtd.queue.resize import Resize, tokens
from tests.contract.backends import COUNT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.contract.backends import Backend

NEW = 7
VISITORS = [f"{number:03x}" for number in range(0, 4096, 97)]


def entries(numbers: range, count: int) -> list[tuple[int, bytes]]:
    """Make an entry of each visitor for each number."""
    return [(queue_of(one, count), b"%s %d" % (one.encode(), n)) for n in numbers for one in VISITORS]


def route(queue: int, stored: bytes) -> Sequence[tuple[int, bytes]]:
    """Send an entry to its visitor's queue."""
    del queue
    return [(queue_of(stored.decode().split()[0], NEW), stored)]


def unapplied(queue: int, found: Sequence[bytes]) -> Sequence[bytes]:
    """Know of none that was applied."""
    del queue
    return found


def test_waiting_entries_move_in_their_order(backend: Backend) -> None:
    """What waited comes before what was pushed meanwhile, all of it once, and nothing stays locked."""
    backend.open().push(entries(range(30), COUNT))
    opened = backend.open(queues_needed(NEW), tokens(NEW))
    resize = Resize(opened, count=NEW, route=route, unapplied=unapplied, clock=SystemClock())
    resize.begin(present=COUNT, wait_seconds=10)
    assert backend.open().acquire(0, 60) is None
    after = backend.open(NEW)
    after.push(entries(range(30, 33), NEW))
    moved = resize.finish()
    assert moved.entries == 33 * len(VISITORS)
    after.push(entries(range(33, 35), NEW))
    wanted = entries(range(35), NEW)
    for queue in range(NEW):
        found = after.read(queue, 10**5)
        assert sorted(found) == sorted(entry for at, entry in wanted if at == queue)
        for visitor in VISITORS:
            mine = [int(entry.split()[1]) for entry in found if entry.startswith(visitor.encode())]
            assert mine == sorted(mine)
    assert after.states()[0].lock_holder is None
    assert sum(opened.lengths()) == len(wanted)
