"""The part of the queues' contract that recording needs: what can be emptied, though nothing is pushed to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtd.queue.contract import Lock


class Source(Protocol):
    """Queues to read, trim and lock; each of these as in `qtd.queue.contract.Queues`."""

    def read(self, queue: int, limit: int) -> list[bytes]:
        """See `Queues.read`."""

    def trim(self, lock: Lock, entries: Sequence[bytes]) -> None:
        """See `Queues.trim`."""

    def lengths(self) -> Sequence[int]:
        """See `Queues.lengths`."""

    def acquire(self, queue: int, seconds: int) -> Lock | None:
        """See `Queues.acquire`."""

    def extend(self, lock: Lock, seconds: int) -> None:
        """See `Queues.extend`."""

    def release(self, lock: Lock) -> bool:
        """See `Queues.release`."""
