"""Recording what comes from the plugin's own queues beside qtd's: their numbers are alike, their locks are not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qtd.store.native import BatchResult
from qtd.worker.recorder import Recorder

#: What is added to the plugin's numbers, above those of all queues and of `qtd.worker.at_once`: with its own fences and
#: ledger a queue of the plugin does not take those of a worker that is busy with ours of the same number.
FIRST: Final = 2_000_000


class OfPlugin:
    """The contract (`qtd.worker.recorder.Recorder`) for the plugin's queues over that for ours."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def fence(self, queue: int) -> int:
        """See `Recorder.fence`."""
        return self._recorder.fence(FIRST + queue)

    def record(self, queue: int, stored: Sequence[bytes], *, fence: int | None) -> BatchResult:
        """See `Recorder.record`."""
        return self._recorder.record(FIRST + queue, stored, fence=fence)
