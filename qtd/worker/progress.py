"""What a worker's loop shows of its work, whatever the engine."""

from __future__ import annotations

from collections import Counter
from typing import Protocol


class Progress(Protocol):
    """Read by who reports."""

    #: batches, and requests by what became of them
    totals: Counter[str]
    #: the queue worked on, or the last one that was
    queue: int
    #: queues that were worked on; whoever reports them empties it
    worked: set[int]

    @property
    def trouble(self) -> str | None:
        """What is wrong, while it is."""
