"""Changes the number of queues: entries that wait move to where their visitors belong now, in their order.

`begin` announces the change, so that workers let go, and takes the locks of all queues, for good: nobody reads
until this has come to its end, not even when it is killed. Then the new number is put into force: the broker
takes no push by the old one from there on. Pushing never stops. `finish` moves the entries. Begun again, it goes
on from whatever was left behind.

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

from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, repeat
from threading import Event
from typing import TYPE_CHECKING, Final

from qtd.errors import ConfigurationError, QueuesBusy, Transient
from qtd.queue.contract import MOST_QUEUES, Lock, Numbering
from qtd.queue.lock_token import holder_of, new_token, resize_token, resized_to

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtd.clock import Clock
    from qtd.queue.contract import Queues

_GATHERED: Final = MOST_QUEUES + 1
#: Entries read, and moved, at a time.
CHUNK: Final = 500
#: Seconds for which a queue is taken: ten years, for an interruption must not let anybody read.
_FOR_GOOD: Final = 10 * 365 * 86400
#: Seconds after which another one may go on in place of one that has died.
_TURN_SECONDS: Final = 20


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


def tokens(count: int) -> Callable[[], str]:
    """Return the maker of lock tokens with which they have to be opened.

    The first is for the turn, and nobody else's. The others, `resize000008`, are known to whoever goes on
    after an interruption, and tell who looks at the locks what is going on.
    """
    return chain([new_token()], repeat(resize_token(count))).__next__


class Resize:
    """Changes the number of queues to `count`.

    `queues` were opened with `queues_needed(count)` and `tokens(count)`. `route` gives the queues that an
    entry found in a queue belongs to, and the bytes for each (`qtd.queue.routing.Router.route`).
    `unapplied` gives those of a queue's entries that are still to be applied (the ledger's knowledge does not
    move with an entry). `progress` is told after each chunk how many entries have been gathered and how many
    were there.
    """

    def __init__(
        self,
        queues: Queues,
        *,
        count: int,
        route: Callable[[int, bytes], Sequence[tuple[int, bytes]]],
        unapplied: Callable[[int, Sequence[bytes]], Sequence[bytes]],
        clock: Clock,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> None:
        if not 1 <= count <= MOST_QUEUES or queues.count < queues_needed(count):
            raise ValueError(f"{count} queues need {queues_needed(count)} to be opened, not {queues.count}")
        self._queues = queues
        self._count = count
        self._route = route
        self._unapplied = unapplied
        self._clock = clock
        self._progress = progress
        self._turn: Lock | None = None
        #: as many as are in use, before or after
        self._named: Queues | None = None
        self._locks: dict[int, Lock] = {}
        self._live: Sequence[int] = ()
        self._entries = self._moved = self._applied = 0

    def begin(self, *, present: int, wait_seconds: float) -> None:
        """Stop everybody who reads, then put the new number into force.

        `present` is the number of queues where the broker knows of none in force; entries in later ones are
        found as well. Whoever holds a lock gets `wait_seconds` to finish his batch. A caller that needs more
        than some seconds before `finish` says so with `go_on`.

        Raises:
            ConfigurationError: another change was interrupted and has to be finished first.
            QueuesBusy: somebody else is at it, or a worker does not let go of its queue in time.
            Transient: the broker is away.
            As long as the new number is not in force, what was locked is given back where the broker lets us.
        """
        self._turn = self._queues.acquire(MOST_QUEUES, _TURN_SECONDS)
        if self._turn is None:
            raise QueuesBusy("the number of queues is being changed by somebody else")
        before: Numbering | None = None
        try:
            before = self._queues.numbering() or Numbering(count=present)
            if before.target not in (None, self._count):
                raise _unfinished(before.target)
            used = self._queues.used()
            self._live = range(max([present, before.count, self._count, *(queue + 1 for queue in used)]))
            self._named = self._queues.with_count(len(self._live))
            if before.target is None:
                self._named.renumber(replace(before, target=self._count))
            gathering = range(_GATHERED, queues_needed(self._count))
            self._take([*self._live, *gathering], self._clock.monotonic() + wait_seconds)
            self._named.renumber(Numbering(count=self._count, target=self._count))
        except (ConfigurationError, Transient) as error:
            with suppress(Transient):  # the reason is the one above
                if isinstance(error, QueuesBusy) and before is not None:
                    self._take_back(before)
                self._queues.release(self._turn)
            raise

    def _take_back(self, before: Numbering) -> None:
        """Let everybody go on as before, if nothing can have moved yet."""
        if self._named is None or (before.count in (0, self._count) and before.target is not None):
            return
        self._let_go()
        self._named.renumber(replace(before, target=None))

    def finish(self) -> Moved:
        """Move everything; return when the queues can be read again.

        Raises:
            Transient: the broker is away, or this was away too long. Nothing is lost, nobody reads: begin
                again and finish.
        """
        self._gather(self._live)
        self._come_back()
        self._let_go()
        if self._named is not None:
            # Only now: whoever sees that a change is under way, and that it is nobody's turn, brings it to its end.
            self._named.renumber(Numbering(count=self._count))
        self._give_up_turn()
        return Moved(entries=self._entries, moved=self._moved, applied=self._applied)

    def go_on(self) -> None:
        """Tell that this is still alive.

        Raises:
            LockLost: it has not done so for too long, and somebody else may be at it.
        """
        if self._turn is not None:
            self._queues.extend(self._turn, _TURN_SECONDS)

    def _take(self, wanted: Sequence[int], deadline: float) -> None:
        """Lock all queues; those that a former run has locked are ours."""
        states = self._queues.states()
        for queue in wanted:
            holder = states[queue].lock_holder
            if holder == resize_token(self._count):
                self._locks[queue] = Lock(queue=queue, token=holder)
            elif holder is not None and (count := resized_to(holder)) is not None:
                raise _unfinished(count)
        for queue in wanted:
            if queue in self._locks:
                continue
            while (lock := self._queues.acquire(queue, _FOR_GOOD)) is None:
                if self._clock.monotonic() >= deadline:
                    name = states[queue].lock_holder
                    who = "somebody else" if name is None else holder_of(name) or "somebody else"
                    raise QueuesBusy(f"queue {queue} is locked by {who}, who does not let go of it")
                self.go_on()
                self._clock.wait(0.1, Event())
            self._locks[queue] = lock

    def _let_go(self) -> None:
        for lock in self._locks.values():
            self._queues.release(lock)
        self._locks.clear()

    def _give_up_turn(self) -> None:
        if self._turn is not None:
            self._queues.release(self._turn)

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
                self.go_on()
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
                    self.go_on()

    @staticmethod
    def _misplaced(queue: int) -> int:
        return _GATHERED + 2 * queue

    @staticmethod
    def _right(queue: int) -> int:
        return _GATHERED + 2 * queue + 1


def _unfinished(count: int | None) -> ConfigurationError:
    return ConfigurationError(f"a change to {count} queues was interrupted; run that to its end first")
