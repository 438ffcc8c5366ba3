"""The worker's loop: look for a queue with work, lock it, record it batch by batch, look further."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from threading import Event
from typing import Final

from qtd.clock import Clock
from qtd.errors import BatchRejected, BrokerUnavailable, DatabaseConflict, LockLost, QueueChanged, Transient
from qtd.log.logger import Logger
from qtd.store.native import BatchResult
from qtd.worker.backoff import Backoff
from qtd.worker.batch import BatchStep, Hold
from qtd.worker.due import BUSY_SECONDS, Due
from qtd.worker.outage import Outage
from qtd.worker.told import tell_lock_lost, tell_retry
from qtd.worker.turns import Turns

#: Seconds after which a queue that never gets empty lets the others have their turn.
SHARE_SECONDS: Final = 2.0


class WorkerLoop:
    """Runs until told to stop; a batch that has begun is finished first."""

    def __init__(
        self,
        *,
        order: Sequence[int],
        due: Due,
        step: BatchStep,
        broker: Outage,
        database: Outage,
        backoff: Callable[[], Backoff],
        clock: Clock,
        logger: Logger,
        stop: Event,
        on_progress: Callable[[], None] = lambda: None,
        settled: Callable[[], bool] = lambda: True,
    ) -> None:
        """`order`: all queues, as they are looked at; `backoff` makes the pauses of one queue.

        `settled` says whether their number is still in force (`qtd.worker.numbering.NumberWatch`).
        """
        self._queues = step.queues
        self._order = order
        self._due = due
        self._step = step
        self._broker = broker
        self._database = database
        self._backoff = {queue: backoff() for queue in order}
        self._clock = clock
        self._logger = logger
        self._turns = Turns(clock=clock, stop=stop, on_progress=on_progress, settled=settled)
        #: batches, and requests by what became of them
        self.totals: Counter[str] = Counter()
        #: the queue worked on, or the last one that was
        self.queue = order[0]
        #: queues that were worked on; whoever reports them empties it
        self.worked: set[int] = set()

    @property
    def trouble(self) -> str | None:
        """What is wrong with broker or database, while it is."""
        return self._broker.cause or self._database.cause

    def run(self) -> None:
        """Work until `stop` is set, or another number of queues is announced."""
        self._turns.run(self.round)

    def round(self) -> bool:
        """Look at every queue once and work on those whose turn has come; return whether there was work."""
        try:
            lengths = self._queues.lengths()
        except BrokerUnavailable as error:
            self._turns.pause(self._broker.failed(error))
            return False
        self._broker.over()
        worked = False
        for queue in self._order:
            if self._turns.over:
                break
            if not self._due.come(queue, lengths[queue]):
                continue
            worked = self._turn(queue) or worked
            if self.trouble is not None:
                break  # the other queues would fail in the same way
        return worked

    def _turn(self, queue: int) -> bool:
        """Work on a queue; False where nothing came of it. What concerns it alone keeps no other one waiting."""
        began = self._clock.monotonic()
        try:
            with self._step.hold(queue) as hold:
                if hold is None:
                    self._due.leave(queue, BUSY_SECONDS)
                    return False
                self.queue = queue
                self._batches(hold, began)
        except LockLost:
            tell_lock_lost(self._logger, queue, seconds=self._clock.monotonic() - began)
        except (DatabaseConflict, QueueChanged, BatchRejected) as error:
            self._due.leave(queue, tell_retry(self._logger, queue, error, self._backoff[queue]))
            return False
        except BrokerUnavailable as error:
            self._turns.pause(self._broker.failed(error))
            return False
        except Transient as error:
            self._turns.pause(self._database.failed(error))
            return False
        return True

    def _batches(self, hold: Hold, began: float) -> None:
        while (result := self._step.run(hold)) is not None:
            self._done(hold.queue, result)
            if self._turns.over:
                return
            lengths = self._queues.lengths()
            if lengths[hold.queue] < self._step.max_requests:
                break
            if self._clock.monotonic() - began >= SHARE_SECONDS and sum(lengths) > lengths[hold.queue]:
                break
        self._due.worked(hold.queue)

    def _done(self, queue: int, result: BatchResult) -> None:
        self._database.over()
        self._backoff[queue].succeeded()
        self.worked.add(queue)
        self.totals.update(
            batches=1,
            recorded=result.recorded,
            excluded=result.excluded,
            dead=result.dead,
            repeated=result.repeated,
        )
        self._turns.on_progress()
