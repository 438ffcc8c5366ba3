"""Engines for workers' tests: they record in memory, in the time and with the failures that a test asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtd.store.native import BatchResult
from tests.fake_clock import FakeClock


class RecordingEngine:
    """`qtd.worker.recorder.Recorder` that keeps what it is given, each entry once."""

    def __init__(self, clock: FakeClock, *, seconds: float = 0.0) -> None:
        """`seconds` is what a batch takes."""
        self._clock = clock
        self._seconds = seconds
        #: queue and entries of each batch
        self.batches: list[tuple[int, list[bytes]]] = []
        #: errors to raise for the next batches of a queue, before anything is recorded
        self.failures: dict[int, list[Exception]] = {}
        #: called when a batch is recorded and not yet trimmed
        self.meanwhile: Callable[[], None] = lambda: None

    def record(self, queue: int, stored: Sequence[bytes]) -> BatchResult:
        """Record."""
        self._clock.advance(self._seconds)
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
