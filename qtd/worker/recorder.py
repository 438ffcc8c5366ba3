"""What a worker needs of an engine: record a queue's entries, once each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from qtd.store.native import BatchResult


class Recorder(Protocol):
    """An engine that records."""

    def record(self, queue: int, stored: Sequence[bytes]) -> BatchResult:
        """Record the entries, read from the head of `queue`, and return when that is committed.

        What an earlier call recorded already is left out; what can not be recorded is put to the dead letters.

        Raises:
            Transient: the first ones may have been recorded; call again with the same entries.
        """
