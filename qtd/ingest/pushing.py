"""Pushing by a number of queues that may turn out to be an old one: what coalescer and spool need of the queues.

`qtd.queue.following.FollowingQueues` is both: `push`, and the `Numbers` that say how to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias

from qtd.errors import BrokerUnavailable, QueuesRenumbered

#: `(queue, stored bytes)` in the order in which they came.
Entries: TypeAlias = Sequence[tuple[int, bytes]]
#: Pushes entries whose queues were found for so many; raises QueuesRenumbered where that is an old number.
Push: TypeAlias = Callable[[Entries, int], None]

MOST_RENUMBERINGS: Final = 10
"""How often the number of queues may turn out to be another one in one push; more is a contradiction."""


class Numbers(Protocol):
    """Finds queues anew when their number has changed."""

    def number(self, change: QueuesRenumbered) -> int:
        """Return the number in force after a push was refused for it. Raises BrokerUnavailable."""

    def routed(self, entries: Entries, count: int) -> Entries:
        """Return entries as they belong to `count` queues."""


def contradiction() -> BrokerUnavailable:
    """Return why a push is given up after `MOST_RENUMBERINGS`."""
    return BrokerUnavailable("the number of queues in force is not the same everywhere")
