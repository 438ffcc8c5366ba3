"""Recording requests when they come, instead of queueing them: what `queue.enabled: false` asks for.

A visitor's new requests must not overtake those of his that wait. So they are recorded under the lock of his queue,
like a worker's batch, and behind what waits there: a little is recorded with them; behind more than a batch they are
queued, and the workers get through with that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from threading import Event, Lock
from typing import Final, Protocol

from qtd.clock import Clock
from qtd.errors import (
    BrokerUnavailable,
    ConfigurationError,
    DatabaseConflict,
    LockLost,
    NotAllPushed,
    QtdError,
    QueuesBusy,
    QueuesRenumbered,
    SchemaError,
    Transient,
)
from qtd.log.logger import Logger
from qtd.queue.contract import Queues
from qtd.queue.grouping import by_queue
from qtd.worker.at_once import LEDGER
from qtd.worker.backoff import Backoff
from qtd.worker.keeping import Keep, not_kept
from qtd.worker.recorder import Recorder
from qtd.worker.told import tell

#: How long to go on where others are at the same queue or faster; clients wait for it.
PATIENCE_SECONDS: Final = 10.0

#: Pauses between two attempts to get the lock of a queue, in seconds.
_LEAST_PAUSE: Final = 0.005
_MOST_PAUSE: Final = 0.2

#: Seconds for which a broker that was away is not asked again.
_AWAY_SECONDS: Final = 1.0


class Counted(Protocol):
    """The queues by their number (`qtd.queue.following.FollowingQueues`)."""

    def of(self, count: int) -> Queues:
        """Return the queues, so many."""


class Direct:
    """Takes the place of pushing; for one process.

    Where the broker is away nothing is known of what waits there, and requests are recorded all the same, unless some
    of their queue were seen waiting.
    """

    def __init__(
        self,
        queues: Counted,
        open_recorder: Callable[[], Recorder],
        *,
        max_requests: int,
        lock_seconds: int,
        keep: Callable[[Queues], Keep] = lambda _queues: not_kept,
        clock: Clock,
        logger: Logger,
    ) -> None:
        """`max_requests` is a whole batch; the engine is opened when it is first needed."""
        self._queues = queues
        self._open = open_recorder
        self._max_requests = max_requests
        self._lock_seconds = lock_seconds
        self._keep = keep
        self._clock = clock
        self._logger = logger
        self._recorder: Recorder | None = None
        self._one_at_a_time = Lock()
        #: queues in which something was seen waiting last
        self._waiting: set[int] = set()
        self._away_until = clock.monotonic()

    def push(self, entries: Sequence[tuple[int, bytes]], count: int) -> None:
        """Record entries whose queues were found for `count` queues; return when that is committed.

        Raises:
            QueuesRenumbered: another number is in force; the error has what was not recorded.
            NotAllPushed: it has what was not recorded, and why.
        """
        with self._one_at_a_time:
            left = dict(by_queue(entries, count))
            try:
                for queue in list(left):
                    self._record(queue, left[queue], count)
                    del left[queue]
            except QueuesRenumbered as change:
                raise QueuesRenumbered(change.count, _of(entries, left)) from change
            except QtdError as error:
                if isinstance(error, ConfigurationError | SchemaError):
                    self._recorder = None  # looks at the tables as they are now, next time
                raise NotAllPushed(str(error), _of(entries, left)) from error

    def _record(self, queue: int, stored: list[bytes], count: int) -> None:
        end = self._clock.monotonic() + PATIENCE_SECONDS
        pauses = Backoff(least=_LEAST_PAUSE, most=_MOST_PAUSE, random=Random())
        while True:
            try:
                if self._attempt(queue, stored, count):
                    return
                error: Transient = QueuesBusy(
                    f"queue {queue} is held by somebody else, though nothing waits in it"
                )
            except (DatabaseConflict, LockLost) as conflict:
                error = conflict
            if self._clock.monotonic() >= end:
                raise error
            self._clock.wait(pauses.failed(), Event())

    def _attempt(self, queue: int, stored: list[bytes], count: int) -> bool:
        """Record, or queue, a queue's entries; False where it is somebody else's for the moment."""
        if self._clock.monotonic() < self._away_until and queue not in self._waiting:
            self._unlocked(stored)
            return True
        queues = self._queues.of(count)
        try:
            lock = queues.acquire(queue, self._lock_seconds)
            behind = lock is None and bool(queues.read(queue, 1))
        except BrokerUnavailable:
            self._away_until = self._clock.monotonic() + _AWAY_SECONDS
            if queue in self._waiting:
                raise
            self._unlocked(stored)
            return True
        if lock is None:
            return self._behind(queues, queue, stored) if behind else False
        try:
            # No other number can come into force as long as we have a lock.
            numbering = queues.numbering()
            if numbering is None or numbering.count != count:
                raise QueuesRenumbered(None if numbering is None else numbering.count, ())
            waiting = queues.read(queue, self._max_requests + 1)
            if len(waiting) > self._max_requests:
                return self._behind(queues, queue, stored)
            with self._keep(queues)(lock):
                recorder = self._opened()
                self._apply(recorder, queue, [*waiting, *stored], fence=recorder.fence(queue))
            self._waiting.discard(queue)
            if waiting:
                with suppress(Transient):  # they are recorded; whoever reads them next finds out
                    queues.trim(lock, waiting)
            return True
        finally:
            with suppress(Transient):
                queues.release(lock)

    def _behind(self, queues: Queues, queue: int, stored: list[bytes]) -> bool:
        self._waiting.add(queue)
        queues.push_in_force([(queue, one) for one in stored])
        return True

    def _unlocked(self, stored: list[bytes]) -> None:
        """Record without a broker."""
        self._apply(self._opened(), LEDGER, stored, fence=None)

    def _apply(self, recorder: Recorder, queue: int, stored: list[bytes], *, fence: int | None) -> None:
        began = self._clock.monotonic()
        result = recorder.record(queue, stored, fence=fence)
        tell(self._logger, queue, result, entries=len(stored), seconds=self._clock.monotonic() - began)

    def _opened(self) -> Recorder:
        if self._recorder is None:
            self._recorder = self._open()
        return self._recorder


def _of(entries: Sequence[tuple[int, bytes]], queues: dict[int, list[bytes]]) -> list[tuple[int, bytes]]:
    return [entry for entry in entries if entry[0] in queues]
