"""Pushes by the number of queues in force, and finds out when that has become another one."""

from __future__ import annotations

from threading import Event, Lock
from typing import TYPE_CHECKING, Final

from qtd.errors import BrokerUnavailable, QueuesRenumbered
from qtd.queue.adoption import adopt
from qtd.queue.routing import Router

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtd.clock import Clock
    from qtd.engine.settings import Settings
    from qtd.queue.contract import Queues

#: For so long a push waits while a cluster's servers are told another number; that takes two round trips.
_CHANGING_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.02


class FollowingQueues:
    """The queues of a process that accepts; for several threads.

    Entries come with the number by which their queues were found. `wanted` is the configuration's, for when
    nobody has said a number yet.
    """

    def __init__(
        self,
        queues: Queues,
        *,
        wanted: int,
        settings: Callable[[], Settings],
        zero_ids_by_address: bool,
        clock: Clock,
    ) -> None:
        self._queues = queues
        self._wanted = wanted
        self._settings = settings
        self._zero_ids_by_address = zero_ids_by_address
        self._clock = clock
        self._opened: dict[int, Queues] = {}
        self._mutex = Lock()

    def push(self, entries: Sequence[tuple[int, bytes]], count: int) -> None:
        """Push entries whose queues were found for `count` queues.

        Raises:
            QueuesRenumbered: another number is in force (or none); the error has what was not pushed.
            BrokerUnavailable: see `Queues.push`.
        """
        self.of(count).push_in_force(entries)

    def of(self, count: int) -> Queues:
        """Return the queues, so many."""
        with self._mutex:
            if count not in self._opened:
                self._opened.clear()  # nobody goes back to an old number often
                self._opened[count] = self._queues.with_count(count)
            return self._opened[count]

    def number(self, change: QueuesRenumbered) -> int:
        """Return the number in force after a push was refused for it; puts one into force where there is none.

        Raises:
            BrokerUnavailable: it does not answer, or the number has been changing for too long.
        """
        count = change.count
        end = self._clock.monotonic() + _CHANGING_SECONDS
        while not count:
            numbering = adopt(self._queues, wanted=self._wanted, keys=self._router(self._wanted).keys)
            count = numbering.count
            if not count:
                if self._clock.monotonic() >= end:
                    raise BrokerUnavailable(
                        f"the number of queues is being changed to {numbering.target}, and nobody goes on with it"
                    )
                self._clock.wait(_PAUSE_SECONDS, Event())
        return count

    def routed(self, entries: Sequence[tuple[int, bytes]], count: int) -> list[tuple[int, bytes]]:
        """Return entries as they belong to `count` queues, in their order."""
        route = self._router(count).route
        return [part for queue, stored in entries for part in route(queue, stored)]

    def _router(self, count: int) -> Router:
        return Router(count=count, settings=self._settings, zero_ids_by_address=self._zero_ids_by_address)
