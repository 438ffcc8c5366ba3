"""The worker's loop with engine console: look for a queue with work, have the plugin process it, look further.

The plugin takes the queue's lock, reads, records and trims by itself. A lock of our own, under another name, keeps two
workers from starting it for one queue at once; where somebody else has the plugin's lock (a processor in cron, a worker
with another engine) the queue is left to him.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Final

from qtd.clock import Clock
from qtd.errors import BrokerUnavailable, Transient
from qtd.log.events.console import ConsoleFailed, ConsoleFinished
from qtd.log.logger import Logger
from qtd.queue.contract import Lock, Queues
from qtd.worker.backoff import Backoff
from qtd.worker.console.run import RunEnd, Runner
from qtd.worker.due import BUSY_SECONDS, Due
from qtd.worker.keeping import Keep
from qtd.worker.outage import Outage
from qtd.worker.turns import Turns

#: Seconds between two looks at the head of the queue that the plugin works on.
LOOK_SECONDS: Final = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What a console worker works with."""

    queues: Queues
    #: `acquire` and `release` take our own locks
    locks: Queues
    keep: Keep
    lock_seconds: int
    runner: Runner
    #: most entries that the plugin takes in one transaction
    max_requests: int
    clock: Clock
    logger: Logger


class ConsoleLoop:
    """Runs until told to stop; a run that has begun is finished first, if it does not take too long."""

    def __init__(
        self,
        around: Surroundings,
        *,
        order: Sequence[int],
        due: Due,
        broker: Outage,
        backoff: Callable[[], Backoff],
        stop: Event,
        on_progress: Callable[[], None] = lambda: None,
        settled: Callable[[], bool] = lambda: True,
    ) -> None:
        """See `qtd.worker.loop.WorkerLoop`."""
        self._around = around
        self._clock = around.clock
        self._order = order
        self._due = due
        self._broker = broker
        self._backoff = {queue: backoff() for queue in order}
        self._stop = stop
        self._turns = Turns(clock=around.clock, stop=stop, on_progress=on_progress, settled=settled)
        #: queue -> why its last run failed
        self._failures: dict[int, str] = {}
        #: runs as `batches`, and requests `recorded`
        self.totals: Counter[str] = Counter()
        #: the queue worked on, or the last one that was
        self.queue = order[0]
        #: queues that were worked on; whoever reports them empties it
        self.worked: set[int] = set()

    @property
    def trouble(self) -> str | None:
        """What is wrong with the broker, or with the plugin, while it is."""
        return self._broker.cause or next(iter(self._failures.values()), None)

    def run(self) -> None:
        """Work until `stop` is set, or another number of queues is announced."""
        self._turns.run(self.round)

    def round(self) -> bool:
        """Look at every queue once, and have those processed whose turn has come; return whether there was work."""
        try:
            states = self._around.queues.states()
            self._broker.over()
            worked = False
            for queue in self._order:
                if self._turns.over:
                    break
                if not self._due.come(queue, states[queue].waiting):
                    continue
                if states[queue].lock_holder is not None:
                    self._due.leave(queue, BUSY_SECONDS)
                    continue
                worked = self._turn(queue, states[queue].waiting) or worked
        except BrokerUnavailable as error:
            self._turns.pause(self._broker.failed(error))
            return False
        return worked

    def _turn(self, queue: int, waiting: int) -> bool:
        around = self._around
        lock = around.locks.acquire(queue, around.lock_seconds)
        if lock is None:
            self._due.leave(queue, BUSY_SECONDS)
            return False
        try:
            with around.keep(lock):
                return self._process(queue, min(waiting, around.max_requests))
        finally:
            self._give_back(lock)

    def _process(self, queue: int, at_once: int) -> bool:
        self.queue = queue
        head = _Head(self._around.queues, queue, self._clock)
        try:
            end = self._around.runner.run(
                queue, at_once, stop=self._stop, turn=lambda printed: self._turned(head, printed=printed)
            )
        except OSError as error:
            end = RunEnd(status=1, seconds=0.0, requests=0, complaint=f"it can not be started: {error}")
        self.worked.add(queue)
        self.totals.update(batches=1, recorded=end.requests)
        self._turns.on_progress()
        self._due.worked(queue)
        cause = None if end.stopped else self._failure(head, end, at_once)
        if cause is None:
            self._failures.pop(queue, None)
            self._backoff[queue].succeeded()
            self._around.logger.emit(
                ConsoleFinished(queue=queue, status=end.status, requests=end.requests, seconds=end.seconds)
            )
            return True
        self._failures[queue] = cause
        pause = self._backoff[queue].failed()
        self._due.leave(queue, pause)
        self._around.logger.emit(
            ConsoleFailed(
                queue=queue,
                status=end.status,
                cause=cause,
                seconds=end.seconds,
                pause_seconds=round(pause, 3),
            )
        )
        return False

    def _failure(self, head: _Head, end: RunEnd, at_once: int) -> str | None:
        """What went wrong, if something did."""
        said = f": {end.complaint}" if end.complaint else ""
        if end.late:
            return f"it was ended after {end.seconds:.0f} s (console.time_limit_seconds){said}"
        if end.status < 0:
            return f"it was killed by signal {-end.status}{said}"
        if end.status:
            return f"it ended with {end.status}{said}"
        if not end.requests and head.is_untouched():
            return (
                f"it left all of {at_once} entries where they were: is the plugin on, with this Redis, and with"
                f" {self._around.queues.count} workers?{said}"
            )
        return None

    def _turned(self, head: _Head, *, printed: bool) -> None:
        """The watchdog hears of a run only while it gets on."""
        if printed or head.has_moved():
            self._turns.on_progress()

    def _give_back(self, lock: Lock) -> None:
        try:
            self._around.locks.release(lock)
        except Transient:
            return  # it expires by itself


class _Head:
    """The first entry of a queue, by which it is seen whether the plugin gets on."""

    def __init__(self, queues: Queues, queue: int, clock: Clock) -> None:
        self._queues = queues
        self._queue = queue
        self._clock = clock
        self._first = self._last = self._read()
        self._next = clock.monotonic() + LOOK_SECONDS

    def has_moved(self) -> bool:
        """Whether it is another one than at the last look; looks every few seconds."""
        if self._clock.monotonic() < self._next:
            return False
        self._next = self._clock.monotonic() + LOOK_SECONDS
        before, self._last = self._last, self._read() or self._last
        return self._last != before

    def is_untouched(self) -> bool:
        """Whether it is the one from the beginning, and nobody else works on the queue."""
        try:
            state = self._queues.states()[self._queue]
        except BrokerUnavailable:
            return False
        return state.lock_holder is None and bool(state.waiting) and self._read() == self._first

    def _read(self) -> list[bytes]:
        try:
            return self._queues.read(self._queue, 1)
        except BrokerUnavailable:
            return []
