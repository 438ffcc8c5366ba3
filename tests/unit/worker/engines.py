"""Engines for workers' tests: they record in memory, in the time and with the failures that a test asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtd.errors import LockLost
from qtd.store.native import BatchResult
from tests.fake_clock import FakeClock


class RecordingEngine:
    """`qtd.worker.recorder.Recorder` that keeps what it is given, each entry once."""

    def __init__(self, clock: FakeClock, *, seconds: float = 0.0) -> None:
        """`seconds` is what a batch takes."""
        self._clock = clock
        self._seconds = seconds
        #: queue -> its newest fence
        self.fences: dict[int, int] = {}
        #: queue and entries of each batch
        self.batches: list[tuple[int, list[bytes]]] = []
        #: errors to raise for the next batches of a queue, before anything is recorded
        self.failures: dict[int, list[Exception]] = {}
        #: called when a batch is recorded and not yet trimmed
        self.meanwhile: Callable[[], None] = lambda: None

    def fence(self, queue: int) -> int:
        """Take the next."""
        self.fences[queue] = self.fences.get(queue, 0) + 1
        return self.fences[queue]

    def record(self, queue: int, stored: Sequence[bytes], *, fence: int | None) -> BatchResult:
        """Record."""
        self._clock.advance(self._seconds)
        if fence is not None and fence != self.fences.get(queue):
            raise LockLost
        if failures := self.failures.get(queue):
            raise failures.pop(0)
        fresh = [entry for entry in stored if entry not in self.recorded(queue)]
        self.batches.append((queue, fresh))
        self.meanwhile()
        return BatchResult(recorded=len(fresh), repeated=len(stored) - len(fresh))

    def recorded(self, queue: int) -> list[bytes]:
        """All entries of a queue, in the order in which they were recorded."""
        return [entry for of, entries in self.batches for entry in entries if of == queue]

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Queue and number of entries of each batch."""
        return [(queue, len(entries)) for queue, entries in self.batches]
