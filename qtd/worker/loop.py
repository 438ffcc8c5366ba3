"""The worker's loop: look for a queue with work, lock it, empty it batch by batch, look further."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from threading import Event

from qtd.clock import Clock
from qtd.errors import LockLost, Transient
from qtd.log.events import BatchRetried, QueueLockLost
from qtd.log.logger import Logger
from qtd.queue.contract import Lock, Queues
from qtd.worker.backoff import Backoff
from qtd.worker.batch import BatchStep

#: Seconds between two looks at queues that had nothing to do.
IDLE_SECONDS = 0.05

#: Seconds of a longer pause after which the loop says that it still turns.
TURN_SECONDS = 1.0


class WorkerLoop:
    """Runs until told to stop; a batch that has begun is finished first."""

    def __init__(
        self,
        *,
        queues: Queues,
        order: Sequence[int],
        step: BatchStep,
        backoff: Backoff,
        clock: Clock,
        logger: Logger,
        stop: Event,
        max_wait_seconds: float,
        on_progress: Callable[[], None] = lambda: None,
    ) -> None:
        self._queues = queues
        self._order = order
        self._step = step
        self._backoff = backoff
        self._clock = clock
        self._logger = logger
        self._stop = stop
        self._max_wait = max_wait_seconds
        self._on_progress = on_progress
        #: queue -> when its present entries were first seen, while they are too few for a whole batch
        self._seen: dict[int, float] = {}
        #: batches, and requests by what became of them
        self.totals: Counter[str] = Counter()
        #: the queue worked on, or the last one that was
        self.queue = order[0]
        #: queues that were worked on; whoever reports them empties it
        self.worked: set[int] = set()
        #: what is wrong with broker or database, while it is
        self.trouble: str | None = None

    def run(self) -> None:
        """Work until `stop` is set."""
        while not self._stop.is_set():
            self._on_progress()
            if not self.round():
                self._clock.wait(IDLE_SECONDS, self._stop)

    def round(self) -> bool:
        """Look at every queue once and work on those whose time has come; return whether there was work."""
        worked = False
        queue = self._order[0]
        try:
            lengths = self._queues.lengths()
            for queue in self._order:
                if self._stop.is_set():
                    break
                if self._due(queue, lengths[queue]):
                    worked = self._empty(queue) or worked
            self._backoff.succeeded()
            self.trouble = None
        except Transient as error:
            pause = self._backoff.failed()
            self.trouble = str(error)
            self._logger.emit(
                BatchRetried(
                    queue=queue,
                    attempt=self._backoff.failures,
                    cause=str(error),
                    pause_seconds=round(pause, 3),
                )
            )
            self._pause(pause)
        return worked

    def _pause(self, seconds: float) -> None:
        """Wait for whatever is away; that is no standstill, so the watchdog hears of it."""
        end = self._clock.monotonic() + seconds
        while not self._stop.is_set() and (left := end - self._clock.monotonic()) > 0:
            self._clock.wait(min(left, TURN_SECONDS), self._stop)
            self._on_progress()

    def _due(self, queue: int, waiting: int) -> bool:
        """A full batch is due at once, a smaller one when its entries have waited long enough."""
        if not waiting:
            self._seen.pop(queue, None)
            return False
        now = self._clock.monotonic()
        first_seen = self._seen.setdefault(queue, now)
        return waiting >= self._step.max_requests or now - first_seen >= self._max_wait

    def _empty(self, queue: int) -> bool:
        """Work on a queue until it holds less than a batch; False where somebody else has it."""
        lock = self._queues.acquire(queue, self._step.lock_seconds)
        if lock is None:
            return False
        self._seen.pop(queue, None)
        self.queue = queue
        began = self._clock.monotonic()
        try:
            return self._batches(lock)
        except LockLost:
            self._logger.emit(QueueLockLost(queue=queue, seconds=round(self._clock.monotonic() - began, 3)))
            return True
        finally:
            self._give_back(lock)

    def _batches(self, lock: Lock) -> bool:
        worked = False
        while (result := self._step.run(lock)) is not None:
            worked = True
            self.worked.add(lock.queue)
            self.totals.update(
                batches=1,
                recorded=result.recorded,
                excluded=result.excluded,
                dead=result.dead,
                repeated=result.repeated,
            )
            self._on_progress()
            if self._stop.is_set() or self._queues.lengths()[lock.queue] < self._step.max_requests:
                break
        return worked

    def _give_back(self, lock: Lock) -> None:
        try:
            self._queues.release(lock)
        except Transient:
            # It expires by itself; the reason it can not be given back is reported by the next round.
            return
