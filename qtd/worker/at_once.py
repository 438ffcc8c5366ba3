"""Recording a request set at once, past the queues: what `queuedtracking=0` asks for."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Final

from qtd.clock import Clock
from qtd.errors import ConfigurationError, DatabaseConflict, SchemaError
from qtd.log.logger import Logger
from qtd.store.native import BatchResult
from qtd.wire.request_set import RequestSet, encode
from qtd.worker.recorder import Recorder
from qtd.worker.told import tell

#: Number of the ledger, above those of all queues.
LEDGER: Final = 1_000_000

#: How long to go on while others are faster; the client waits for it.
PATIENCE_SECONDS: Final = 10.0


class AtOnce:
    """Records request sets one by one with an engine that is opened when it is first needed."""

    def __init__(self, open_recorder: Callable[[], Recorder], *, clock: Clock, logger: Logger) -> None:
        self._open = open_recorder
        self._clock = clock
        self._logger = logger
        self._recorder: Recorder | None = None
        self._one_at_a_time = Lock()

    def __call__(self, request_set: RequestSet) -> None:
        """Record, and return when that is committed.

        Raises:
            QtdError: it is not recorded; the client may try again.
        """
        stored = encode(request_set)
        with self._one_at_a_time:
            if self._recorder is None:
                self._recorder = self._open()
            began = self._clock.monotonic()
            try:
                result = self._record(self._recorder, stored, began + PATIENCE_SECONDS)
            except (ConfigurationError, SchemaError):
                self._recorder = None  # looks at the tables as they are now, next time
                raise
            seconds = self._clock.monotonic() - began
            tell(self._logger, LEDGER, result, entries=1, seconds=seconds)

    def _record(self, recorder: Recorder, stored: bytes, deadline: float) -> BatchResult:
        while True:
            try:
                return recorder.record(LEDGER, [stored], fence=None)
            except DatabaseConflict:
                # Another process recorded at once, too, and advanced the ledger that all of them share; so somebody
                # gets on, and there is nothing to wait for.
                if self._clock.monotonic() >= deadline:
                    raise
