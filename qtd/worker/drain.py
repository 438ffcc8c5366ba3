"""Emptying queues once: what cron asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event

from qtd.errors import BatchRejected, BrokerUnavailable, DatabaseConflict, LockLost, QueueChanged, Transient
from qtd.store.native import BatchResult
from qtd.worker.backoff import Backoff
from qtd.worker.batch import BatchStep
from qtd.worker.outage import Outage
from qtd.worker.told import tell_lock_lost, tell_retry


class Drain:
    """Records what waits in some queues at the moment their turn comes; what arrives meanwhile is left."""

    def __init__(
        self,
        numbers: Sequence[int],
        step: BatchStep,
        stop: Event,
        *,
        least: int = 1,
        settled: Callable[[], bool] = lambda: True,
    ) -> None:
        """`least`: a queue with fewer entries than that is left alone, at the beginning and later.

        `settled` says whether the number of queues is still in force (`qtd.worker.numbering.NumberWatch`).
        """
        self._least = least
        self._left = list(numbers)
        self._step = step
        self._stop = stop
        self._settled = settled
        #: what became of the requests so far
        self.total = BatchResult()
        #: queues that are somebody else's
        self.busy: list[int] = []

    def resume(self, numbers: Sequence[int], step: BatchStep, *, settled: Callable[[], bool]) -> None:
        """Begin with these queues, after their number has changed; `total` goes on."""
        self._left = list(numbers)
        self._step = step
        self._settled = settled

    @property
    def finished(self) -> bool:
        """Whether every queue had its turn."""
        return not self._left

    def run(self) -> None:
        """Go on until finished or told to stop, or another number of queues is announced.

        Raises:
            Transient: broker or database failed; what was recorded until then is off its queue, and another call goes
                on with the rest.
        """
        while self._left and not self._interrupted():
            if self._empty(self._left[0]):
                del self._left[0]

    def persist(self, *, broker: Outage, database: Outage, backoff: Backoff, give_up: bool = False) -> None:
        """Go on until finished or told to stop, through whatever passes; `backoff` makes the pauses of one queue.

        Raises:
            Transient: with `give_up`, when broker or database are away.
        """
        while self._left and not self._stop.is_set():
            try:
                self.run()
            except (DatabaseConflict, QueueChanged, BatchRejected) as error:
                pause = tell_retry(self._step.logger, self._left[0], error, backoff)
            except Transient as error:
                if give_up:
                    raise
                pause = (broker if isinstance(error, BrokerUnavailable) else database).failed(error)
            else:
                broker.over()
                database.over()
                return
            self._step.clock.wait(pause, self._stop)

    def _empty(self, queue: int) -> bool:
        """Record what waits now; False where there was no time for all of it."""
        waiting = self._step.queues.lengths()[queue]
        if waiting < self._least:
            return True
        began = self._step.clock.monotonic()
        try:
            with self._step.hold(queue) as hold:
                if hold is None:
                    self.busy.append(queue)
                    return True
                while waiting >= self._least:
                    if self._interrupted():
                        return False
                    size = min(waiting, self._step.max_requests)
                    if (result := self._step.run(hold, size)) is None:
                        break
                    self.total.add(result)
                    waiting -= size
        except LockLost:
            tell_lock_lost(self._step.logger, queue, seconds=self._step.clock.monotonic() - began)
            self.busy.append(queue)
        return True

    def _interrupted(self) -> bool:
        return self._stop.is_set() or not self._settled()
