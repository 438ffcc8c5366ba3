"""A recorder that is opened anew when an account or the tables have changed under a running worker.

Passwords and tokens are rotated and Matomo is updated while workers run. At its start a worker refuses what does not
fit; later it goes on trying, with configuration, password files and tables as they are then: hits are waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from qtd.errors import ConfigurationError, DatabaseUnavailable, MatomoRefuses, SchemaError
from qtd.store.native import BatchResult
from qtd.worker.recorder import Recorder


class ReopenedRecorder:
    """The contract (`qtd.worker.recorder.Recorder`) over one that may have to be replaced."""

    def __init__(self, opened: Recorder, reopen: Callable[[], Recorder]) -> None:
        """`reopen` gives another one, from the configuration as it is then; raises what opening raises."""
        self._recorder: Recorder | None = opened
        self._reopen = reopen

    def fence(self, queue: int) -> int:
        """See `Recorder.fence`."""
        with self._open() as recorder:
            return recorder.fence(queue)

    def record(self, queue: int, stored: Sequence[bytes], *, fence: int | None) -> BatchResult:
        """See `Recorder.record`."""
        with self._open() as recorder:
            return recorder.record(queue, stored, fence=fence)

    @contextmanager
    def _open(self) -> Iterator[Recorder]:
        try:
            if self._recorder is None:
                self._recorder = self._reopen()
            yield self._recorder
        except (ConfigurationError, SchemaError) as error:
            self._recorder = None
            raise DatabaseUnavailable(str(error)) from error
        except MatomoRefuses:
            self._recorder = None
            raise
