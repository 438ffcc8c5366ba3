"""Changes the number of queues: who may do so, who has to wait meanwhile, and which number is in force when.

`begin` announces the change, so that workers let go, and takes the locks of all queues, for good: nobody reads
until this has come to its end, not even when it is killed. Then the new number is put into force: the broker
takes no push by the old one from there on. Pushing never stops. `finish` moves the entries, see `qtd.queue.moving`.
Begun again, it goes on from whatever was left behind.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import chain, repeat
from threading import Event
from typing import TYPE_CHECKING, Final

from qtd.errors import ConfigurationError, QueuesBusy, Transient
from qtd.queue.contract import MOST_QUEUES, Lock, Numbering
from qtd.queue.lock_token import holder_of, new_token, resize_token, resized_to
from qtd.queue.moving import Moving, gathering, queues_needed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtd.clock import Clock
    from qtd.queue.contract import Queues
    from qtd.queue.moving import Moved

#: Seconds for which a queue is taken: ten years, for an interruption must not let anybody read.
_FOR_GOOD: Final = 10 * 365 * 86400
#: Seconds after which another one may go on in place of one that has died.
_TURN_SECONDS: Final = 20


def tokens(count: int) -> Callable[[], str]:
    """Return the maker of lock tokens with which the queues have to be opened.

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
        self._clock = clock
        self._turn: Lock | None = None
        #: as many as are in use, before or after
        self._named: Queues | None = None
        self._locks: dict[int, Lock] = {}
        self._live: Sequence[int] = ()
        self._moving = Moving(
            queues,
            count=count,
            locks=self._locks,
            route=route,
            unapplied=unapplied,
            go_on=self.go_on,
            progress=progress,
        )

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
            self._take([*self._live, *gathering(self._count)], self._clock.monotonic() + wait_seconds)
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
        moved = self._moving.run(self._live)
        self._let_go()
        if self._named is not None:
            # Only now: whoever sees that a change is under way, and that it is nobody's turn, brings it to its end.
            self._named.renumber(Numbering(count=self._count))
        self._give_up_turn()
        return moved

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


def _unfinished(count: int | None) -> ConfigurationError:
    return ConfigurationError(f"a change to {count} queues was interrupted; run that to its end first")
