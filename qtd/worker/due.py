"""When a queue's turn comes: enough waits, or it has waited long enough."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from qtd.clock import Clock

#: Seconds for which a queue is left alone after somebody else was found to have its lock.
BUSY_SECONDS: Final = 1.0

#: Seconds that others' entries wait longer, so that their own worker, who knows the queue, comes first if it is there.
OTHERS_SECONDS: Final = 1.0


class Due:
    """Watches the lengths of all queues."""

    def __init__(
        self, *, max_requests: int, max_wait_seconds: float, others: Collection[int] = (), clock: Clock
    ) -> None:
        """`max_requests` are a whole batch; `others` are the queues that another worker looks after first."""
        self._max_requests = max_requests
        self._max_wait = max_wait_seconds
        self._others = frozenset(others)
        self._clock = clock
        #: queue -> when its present entries were first seen, and how many there were at the last look
        self._seen: dict[int, tuple[float, int]] = {}
        #: queue -> until when it is left alone
        self._left: dict[int, float] = {}

    def come(self, queue: int, waiting: int) -> bool:
        """Take note of a queue's length; return whether it is to be worked on now."""
        if not waiting:
            self._seen.pop(queue, None)
            return False
        now = self._clock.monotonic()
        first, before = self._seen.get(queue, (now, 0))
        if waiting < before:  # somebody works on it: what waits now came later
            first = now
        self._seen[queue] = (first, waiting)
        if now < self._left.get(queue, now):
            return False
        waited = now - first
        if queue in self._others:
            waited -= OTHERS_SECONDS
            return waited >= 0 and (waiting >= self._max_requests or waited >= self._max_wait)
        return waiting >= self._max_requests or waited >= self._max_wait

    def worked(self, queue: int) -> None:
        """What waited was worked on: whatever waits now has just come."""
        self._seen.pop(queue, None)

    def leave(self, queue: int, seconds: float) -> None:
        """Let nothing come of this queue for so long."""
        self._left[queue] = self._clock.monotonic() + seconds
