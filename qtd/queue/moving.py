"""Moves entries that wait to where their visitors belong by another number of queues, in their order.

An entry in a queue is *misplaced* if its visitor belongs to another one now; it was pushed before the change.
For each queue there are two more, beside those in use: one gathers the misplaced entries that belong to it,
the other what is in its right place. When all are gathered, they come back: the misplaced ones first. So a
visitor's entries keep their order: either he stays, and all of his are in the right place; or he moves, and
what is misplaced of his is older than what is not.

That holds again at every moment of the coming back, which is why no progress needs to be remembered: an
entry that came back is in its right place and is gathered behind those that have not. An entry may be there
twice after an interruption (it is added before it is removed); it is the same entry, and applied once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from qtd.queue.contract import MOST_QUEUES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from qtd.queue.contract import Lock, Queues

_GATHERED: Final = MOST_QUEUES + 1
#: Entries read, and moved, at a time.
CHUNK: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What was done."""

    #: Entries that were looked at.
    entries: int
    #: Those that went to another queue, whole or in part.
    moved: int
    #: Those that had been applied already and were only to be removed.
    applied: int


def queues_needed(count: int) -> int:
    """Return the `count` with which the queues have to be opened for `Resize` to `count` queues."""
    return _GATHERED + 2 * count


def gathering(count: int) -> range:
    """Return the numbers of the gathering queues for `count` queues."""
    return range(_GATHERED, queues_needed(count))


class Moving:
    """Moves to `count` queues; for who holds `locks`, those of all queues in use and of the gathering ones.

    `go_on` is called after each step, and may end the moving with an error; for the rest see
    `qtd.queue.resize.Resize`.
    """

    def __init__(
        self,
        queues: Queues,
        *,
        count: int,
        locks: Mapping[int, Lock],
        route: Callable[[int, bytes], Sequence[tuple[int, bytes]]],
        unapplied: Callable[[int, Sequence[bytes]], Sequence[bytes]],
        go_on: Callable[[], None],
        progress: Callable[[int, int], None],
    ) -> None:
        self._queues = queues
        self._count = count
        self._locks = locks
        self._route = route
        self._unapplied = unapplied
        self._go_on = go_on
        self._progress = progress
        self._entries = self._moved = self._applied = 0

    def run(self, live: Sequence[int]) -> Moved:
        """Move what waits in the queues in use, before or after, and in the gathering ones. Raises Transient."""
        self._gather(live)
        self._come_back()
        return Moved(entries=self._entries, moved=self._moved, applied=self._applied)

    def _gather(self, live: Sequence[int]) -> None:
        """Take every entry off the live queues; what is pushed meanwhile is in its right place."""
        lengths = self._queues.lengths()
        total = sum(lengths[queue] for queue in live)
        for queue in live:
            left = lengths[queue]
            while left > 0 and (found := self._queues.read(queue, min(left, CHUNK))):
                for target, parts in self._sorted(queue, found).items():
                    # Last first, so that the head is what comes back next.
                    self._queues.prepend(self._locks[target], parts[::-1])
                self._queues.trim(self._locks[queue], found)
                left -= len(found)
                self._entries += len(found)
                self._go_on()
                self._progress(self._entries, total)

    def _sorted(self, queue: int, found: Sequence[bytes]) -> dict[int, list[bytes]]:
        """Return what of it belongs to which of the gathering queues, in order."""
        targets: dict[int, list[bytes]] = {}
        remaining = self._unapplied(queue, found)
        self._applied += len(found) - len(remaining)
        for stored in remaining:
            parts = self._route(queue, stored)
            for target, part in parts:
                gathering = self._right(target) if target == queue else self._misplaced(target)
                targets.setdefault(gathering, []).append(part)
            self._moved += any(target != queue for target, _ in parts)
        return targets

    def _come_back(self) -> None:
        """Put what was gathered before what has been pushed since: first the latter part, last the former."""
        for queue in range(self._count):
            for gathering in (self._right(queue), self._misplaced(queue)):
                while found := self._queues.read(gathering, CHUNK):
                    self._queues.prepend(self._locks[queue], found[::-1])
                    self._queues.trim(self._locks[gathering], found)
                    self._go_on()

    @staticmethod
    def _misplaced(queue: int) -> int:
        return _GATHERED + 2 * queue

    @staticmethod
    def _right(queue: int) -> int:
        return _GATHERED + 2 * queue + 1
