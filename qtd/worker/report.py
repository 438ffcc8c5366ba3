"""What a worker tells while it works: signs of life, a status line, and a summary each minute."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from qtd.clock import Clock
from qtd.errors import Transient
from qtd.log.events.worker import WorkerSummary
from qtd.log.logger import Logger
from qtd.log.redact import redact_text
from qtd.queue.contract import Queues
from qtd.queue.lag import head_age
from qtd.systemd.notifier import Notifier
from qtd.systemd.watchdog import Watchdog
from qtd.worker.progress import Progress

#: Seconds between two status lines.
STATUS_SECONDS: Final = 5.0
#: Seconds between two summaries.
SUMMARY_SECONDS: Final = 60.0

_REQUESTS: Final = ("recorded", "excluded", "dead", "repeated")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Done:
    """What was done in some time."""

    seconds: float
    #: as `Progress.totals`
    counts: Counter[str]

    @property
    def requests(self) -> int:
        return sum(self.counts[name] for name in _REQUESTS)


class _Span:
    """Some time, and what was done in it."""

    def __init__(self, now: float, length: float) -> None:
        self._began = now
        self._length = length
        self._before: Counter[str] = Counter()

    @property
    def end(self) -> float:
        """When it is over."""
        return self._began + self._length

    def close(self, now: float, totals: Counter[str]) -> _Done:
        """Return what was done, and begin the next."""
        done = _Done(seconds=now - self._began, counts=totals - self._before)
        self._began = now
        self._before = totals.copy()
        return done


class WorkerReport:
    """Called from the worker's loop at each turn, which is what the watchdog watches."""

    def __init__(self, *, queues: Queues, notifier: Notifier, clock: Clock, logger: Logger) -> None:
        self._queues = queues
        self._notifier = notifier
        self._watchdog = Watchdog(notifier, clock)
        self._clock = clock
        self._logger = logger
        now = clock.monotonic()
        self._status = _Span(now, STATUS_SECONDS)
        self._summary = _Span(now, SUMMARY_SECONDS)

    def turn(self, loop: Progress) -> None:
        """Take note that the loop turned."""
        self._watchdog.feed()
        now = self._clock.monotonic()
        if now >= self._status.end:
            self._notifier.status(self._line(loop, self._status.close(now, loop.totals)))
        if now >= self._summary.end and loop.trouble is None:
            self.summarise(loop)

    def summarise(self, loop: Progress) -> None:
        """Log what was done since the last summary, if anything was."""
        try:
            waiting = sum(self._queues.lengths())
            ages = [head_age(self._queues, queue, self._clock.now()) for queue in sorted(loop.worked)]
        except Transient:
            return  # the loop says why, and what was done is told next time
        lags = [age for age in ages if age is not None]
        worked, loop.worked = sorted(loop.worked), set()
        done = self._summary.close(self._clock.monotonic(), loop.totals)
        if not done.counts:
            return
        self._logger.emit(
            WorkerSummary(
                queues=", ".join(map(str, worked)),
                batches=done.counts["batches"],
                requests=done.requests,
                recorded=done.counts["recorded"],
                excluded=done.counts["excluded"],
                dead=done.counts["dead"],
                per_second=round(done.requests / max(done.seconds, 0.001), 1),
                waiting=waiting,
                lag_seconds=round(max(lags), 1) if lags else None,
            )
        )

    def _line(self, loop: Progress, done: _Done) -> str:
        """`queue 2: 1,204 waiting, lag 3 s, 4,310/s`."""
        if loop.trouble is not None:
            return redact_text(f"trying again: {loop.trouble}")
        try:
            lengths = self._queues.lengths()
            if not any(lengths):
                return f"idle: nothing waits, {_rate(done)}"
            queue = loop.queue
            age = head_age(self._queues, queue, self._clock.now()) if lengths[queue] else None
        except Transient as error:
            return redact_text(f"trying again: {error}")
        lag = "unknown" if age is None else f"{age:,.0f} s"
        waiting = f"{lengths[queue]:,} waiting, lag {lag}" if lengths[queue] else "nothing waiting"
        return f"queue {queue}: {waiting}, {_rate(done)}"


def _rate(done: _Done) -> str:
    return f"{done.requests / max(done.seconds, 0.001):,.0f}/s"
