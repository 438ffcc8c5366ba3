"""Recording a request set at once, past the queues: what `queuedtracking=0` asks for."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from qtd.errors import DatabaseConflict
from qtd.store.native import NativeRecorder
from qtd.wire.request_set import RequestSet, encode

#: Number of the ledger, above those of all queues.
LEDGER = 1_000_000
#: How often to try while others are faster; each time one of them has recorded something.
_ATTEMPTS = 10


class AtOnce:
    """Records request sets one by one with an engine that is opened when it is first needed."""

    def __init__(self, open_recorder: Callable[[], NativeRecorder]) -> None:
        self._open = open_recorder
        self._recorder: NativeRecorder | None = None
        self._one_at_a_time = Lock()

    def __call__(self, request_set: RequestSet) -> None:
        """Record, and return when that is committed; raises Transient where the database is away."""
        with self._one_at_a_time:
            if self._recorder is None:
                self._recorder = self._open()
            stored = [encode(request_set)]
            conflict = DatabaseConflict()
            for _ in range(_ATTEMPTS):
                try:
                    self._recorder.record(LEDGER, stored)
                except DatabaseConflict as error:
                    # Another process recorded at once too and advanced the ledger that all of them share.
                    conflict = error
                else:
                    return
            raise conflict
