"""What a worker needs of an engine: record a queue's entries, once each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from qtd.store.native import BatchResult


class Recorder(Protocol):
    """An engine that records."""

    def fence(self, queue: int) -> int:
        """Take a new fence, which comes with the queue's lock: nobody records under an older one from here on.

        Raises Transient.
        """

    def record(self, queue: int, stored: Sequence[bytes], *, fence: int | None) -> BatchResult:
        """Record the entries, read from the head of `queue` under `fence`, and return when that is committed.

        What an earlier call recorded already is left out; what can not be recorded is put to the dead letters. None is
        the fence of what comes from no queue, so that no lock could be lost.

        Raises:
            LockLost: somebody has taken a newer fence.
            Transient: the first ones may have been recorded; call again with the same entries.
        """
