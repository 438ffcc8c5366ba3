"""The number of queues, for who reads them: brought to what is wanted at the start, followed from there on.

Everybody goes by the number in force, which the broker keeps. A change is announced there before it begins, so that
workers let go of their queues; who finds one that nobody is at any more brings it to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event
from typing import Final

from qtd.clock import Clock
from qtd.errors import QueuesBusy, Transient
from qtd.log.events.queues import QueuesResized, QueuesResizing
from qtd.log.logger import Logger
from qtd.queue.adoption import adopt
from qtd.queue.contract import MOST_QUEUES, Queues
from qtd.queue.lock_token import resized_to
from qtd.queue.moving import Moved, queues_needed
from qtd.queue.resize import Resize, tokens
from qtd.queue.routing import Router

#: Seconds between two looks at the number, and at what somebody else does about it.
LOOK_SECONDS: Final = 1.0

#: Seconds after which a change is tried again for which somebody did not let go of a queue.
AGAIN_SECONDS: Final = 300.0

#: Seconds for which somebody may keep a queue from a change; then it is given up for the time being.
WAIT_SECONDS: Final = 60.0


class NumberOfQueues:
    """Changes and watches it.

    `route_to` gives the router to so many queues, `unapplied` is as for `Resize`. Both are asked for only when there is
    something to change. `alive` is called now and then while it lasts.
    """

    def __init__(
        self,
        queues: Queues,
        *,
        route_to: Callable[[int], Router],
        unapplied: Callable[[], Callable[[int, Sequence[bytes]], Sequence[bytes]]],
        clock: Clock,
        logger: Logger,
        alive: Callable[[], None] = lambda: None,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> None:
        self._queues = queues
        self._route_to = route_to
        self._unapplied = unapplied
        self._clock = clock
        self._logger = logger
        self._alive = alive
        self._progress = progress
        #: what the changes came to that were made here
        self.moved: list[Moved] = []

    def settle(self, wanted: int | None, stop: Event, *, wait_seconds: float = WAIT_SECONDS) -> Queues | None:
        """Return the queues in force when no change is under way; None: told to stop meanwhile.

        With `wanted` that is their number then. A change that somebody else has left is brought to its end first.

        Raises:
            QueuesBusy: somebody does not let go of a queue in `wait_seconds`.
            Transient: broker or database are away; another call goes on.
        """
        while not stop.is_set():
            numbering = adopt(self._queues, wanted=wanted or self._queues.count, keys=self._keys)
            target = numbering.target or self._left_behind()
            if target is None and wanted in (None, numbering.count):
                return self._queues.with_count(numbering.count)
            try:
                self._change(target or wanted or numbering.count, numbering.count, wait_seconds)
            except QueuesBusy:
                if not self._is_somebodys_turn():
                    raise
                self._alive()
                self._clock.wait(LOOK_SECONDS, stop)
        return None

    def _change(self, count: int, present: int, wait_seconds: float) -> None:
        began = self._clock.monotonic()
        resize = Resize(
            self._queues.with_count(queues_needed(count), tokens(count)),
            count=count,
            route=self._route_to(count).route,
            unapplied=self._unapplied(),
            clock=self._clock,
            progress=self._went_on,
        )
        resize.begin(present=present, wait_seconds=wait_seconds)
        self._logger.emit(QueuesResizing(queues=count))
        moved = resize.finish()
        self.moved.append(moved)
        seconds = round(self._clock.monotonic() - began, 3)
        self._logger.emit(
            QueuesResized(queues=count, entries=moved.entries, moved=moved.moved, seconds=seconds)
        )

    def _went_on(self, done: int, total: int) -> None:
        self._alive()
        self._progress(done, total)

    def _keys(self, stored: bytes) -> list[str]:
        return self._route_to(self._queues.count).keys(stored)

    def _left_behind(self) -> int | None:
        """What was being changed when the broker lost its number: the locks still tell."""
        for queue in self._queues.states()[:1]:
            if queue.lock_holder is not None:
                return resized_to(queue.lock_holder)
        return None

    def _is_somebodys_turn(self) -> bool:
        """Tell who is at a change from a worker that does not let go."""
        return any(lock.queue == MOST_QUEUES for lock in self._queues.locks())


class NumberWatch:
    """Says whether the number that somebody goes by is still in force; asks the broker once a second.

    Where another one is `wanted` that could not be had, it is not for longer than until that should be tried again.
    """

    def __init__(self, queues: Queues, clock: Clock, *, wanted: int | None = None) -> None:
        self._queues = queues
        self._clock = clock
        self._again = None if wanted in (None, queues.count) else clock.monotonic() + AGAIN_SECONDS
        self._next = clock.monotonic() + LOOK_SECONDS
        self._settled = True

    def __call__(self) -> bool:
        """Return False once another number is in force, or a change is announced."""
        if self._settled and self._clock.monotonic() >= self._next:
            self._next = self._clock.monotonic() + LOOK_SECONDS
            if self._again is not None and self._clock.monotonic() >= self._again:
                self._settled = False
                return False
            try:
                numbering = self._queues.numbering()
            except Transient:
                return True  # whoever asks finds out himself that the broker is away
            self._settled = numbering is None or (
                numbering.target is None and numbering.count == self._queues.count
            )
        return self._settled
