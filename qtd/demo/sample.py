"""How things stand at one moment of the demo."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from qtd.clock import Clock
from qtd.demo.clients import Promises
from qtd.demo.log_tail import LogTail
from qtd.demo.process_group import memory_bytes
from qtd.errors import BrokerUnavailable
from qtd.queue.contract import Queues
from qtd.queue.lag import backlogs

#: Rates are means over this long, in seconds.
_RATE_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueSample:
    """One queue."""

    #: entries
    waiting: int
    #: age of the oldest entry in seconds, 0 where there is none
    lag: float
    #: somebody holds its lock
    locked: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """All of it."""

    #: seconds since the first request
    elapsed: float
    #: `visitors`, `draining`
    phase: str
    sent: int
    accepted: int
    refused: int
    unavailable: int
    recorded: int
    excluded: int
    dead: int
    #: rule -> requests it kept out
    rules: Mapping[str, int]
    #: tracking requests per second, accepted and applied
    rate_in: float
    rate_out: float
    #: empty where the broker does not answer
    queues: tuple[QueueSample, ...]
    #: resident bytes of all processes
    memory: int
    #: warnings and errors in the log, by name
    trouble: Mapping[str, int] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """Entries in all queues."""
        return sum(queue.waiting for queue in self.queues)

    @property
    def lag(self) -> float:
        """Age of the oldest entry in seconds."""
        return max((queue.lag for queue in self.queues), default=0.0)


class Sampler:
    """Looks at clients, queues, log and memory; each look may take some milliseconds."""

    def __init__(self, *, promises: Promises, queues: Queues, log: LogTail, group: int, clock: Clock) -> None:
        self._promises = promises
        self._queues = queues
        self._log = log
        self._group = group
        self._clock = clock
        self._began = clock.monotonic()
        #: (when, accepted, applied)
        self._history: deque[tuple[float, int, int]] = deque([(self._began, 0, 0)])

    def look(self, phase: str) -> Sample:
        """The present."""
        self._log.read()
        promises, totals = self._promises, self._log.totals
        now = self._clock.monotonic()
        applied = totals["recorded"] + totals["excluded"] + totals["dead"]
        rate_in, rate_out = self._rates(now, promises.accepted, applied)
        return Sample(
            elapsed=now - self._began,
            phase=phase,
            sent=promises.sent,
            accepted=promises.accepted,
            refused=promises.refused,
            unavailable=promises.unavailable,
            recorded=totals["recorded"],
            excluded=totals["excluded"],
            dead=totals["dead"],
            rules=dict(self._log.rules),
            rate_in=rate_in,
            rate_out=rate_out,
            queues=self._look_at_queues(),
            memory=memory_bytes(self._group),
            trouble=dict(self._log.trouble),
        )

    def _rates(self, now: float, accepted: int, applied: int) -> tuple[float, float]:
        history = self._history
        history.append((now, accepted, applied))
        while len(history) > 2 and now - history[0][0] > _RATE_SECONDS:
            history.popleft()
        then, accepted_then, applied_then = history[0]
        seconds = now - then
        if seconds <= 0:
            return 0.0, 0.0
        return (accepted - accepted_then) / seconds, (applied - applied_then) / seconds

    def _look_at_queues(self) -> tuple[QueueSample, ...]:
        now = self._clock.now()
        try:
            return tuple(
                QueueSample(
                    waiting=backlog.state.waiting,
                    lag=backlog.lag or 0.0,
                    locked=backlog.state.lock_holder is not None,
                )
                for backlog in backlogs(self._queues, now)
            )
        except BrokerUnavailable:
            return ()
