"""What a worker tells while it works."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from threading import Event
from typing import Any

import pytest

from qtd.errors import DatabaseUnavailable
from qtd.log.events.worker import WorkerSummary
from qtd.queue.memory import MemoryQueues
from qtd.store.native import BatchResult
from qtd.systemd.notifier import Notifier
from qtd.wire.request_set import RequestSet, encode
from qtd.worker.backoff import Backoff
from qtd.worker.batch import BatchStep
from qtd.worker.due import Due
from qtd.worker.loop import WorkerLoop
from qtd.worker.outage import Outage
from qtd.worker.report import WorkerReport
from qtd.worker.servers import Server
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog


class Records:
    """An engine that takes a tenth of a second for a batch, or fails as long as it is told to."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.fails = 0

    def fence(self, queue: int) -> int:
        """Take one."""
        return queue

    def record(self, queue: int, stored: Any, *, fence: int | None) -> BatchResult:
        """Record."""
        del queue, fence
        self._clock.advance(0.1)
        if self.fails:
            self.fails -= 1
            raise DatabaseUnavailable("mysql://root:hunter2@db is away")
        return BatchResult(recorded=len(stored))


class Working:
    """A worker on queues in memory, with all that it tells."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.queues = MemoryQueues(count=4, clock=self.clock)
        self.engine = Records(self.clock)
        self.logger = KeptLog()
        self.sent: list[tuple[float, str]] = []
        self._began = self.clock.monotonic()
        notifier = Notifier(
            lambda message: self.sent.append((self.clock.monotonic() - self._began, message)),
            watchdog_seconds=8,
        )
        notifier.ready("ready")
        self.report = WorkerReport(
            queues=self.queues, notifier=notifier, clock=self.clock, logger=self.logger
        )
        self.loop = WorkerLoop(
            order=[2, 0, 1, 3],
            due=Due(max_requests=100, max_wait_seconds=0, clock=self.clock),
            step=BatchStep(
                queues=self.queues,
                recorder=self.engine,
                clock=self.clock,
                logger=self.logger,
                max_requests=100,
                lock_seconds=60,
            ),
            broker=self.outage("queue"),
            database=self.outage("database"),
            backoff=lambda: Backoff(least=30, most=30, random=Random(1)),
            clock=self.clock,
            logger=self.logger,
            stop=Event(),
            on_progress=lambda: self.report.turn(self.loop),
        )

    def outage(self, name: str) -> Outage:
        """Pauses of half a minute at most."""
        return Outage(
            Server(name=name, address="away"),
            backoff=Backoff(least=30, most=30, random=Random(1)),
            clock=self.clock,
            logger=self.logger,
        )

    def push(self, queue: int, count: int) -> None:
        """Let entries wait, as old as the moment."""
        entry = encode(
            RequestSet(requests=[{}], server={}, cookies={}, token_auth=False, time=self.clock.now())
        )
        self.queues.push([(queue, entry)] * count)

    @property
    def statuses(self) -> list[str]:
        """All status lines so far."""
        return [text.removeprefix("STATUS=") for _, text in self.sent if text.startswith("STATUS=")]


@pytest.fixture
def working() -> Working:
    """Give a worker that has just begun."""
    return Working()


def test_the_status_says_what_waits_and_how_fast_it_goes(working: Working) -> None:
    """The queue worked on, what waits there, since when, and requests a second; every five seconds."""
    working.push(2, 1504)
    working.clock.advance(4.65)
    working.loop.round()
    assert working.statuses == ["queue 2: 1,104 waiting, lag 5 s, 79/s"]
    working.clock.advance(5)
    working.report.turn(working.loop)
    assert working.statuses[1:] == ["queue 2: 4 waiting, lag 11 s, 180/s"]
    working.loop.round()
    working.clock.advance(5)
    working.report.turn(working.loop)
    assert working.statuses[2:] == ["idle: nothing waits, 1/s"]


def test_a_lag_that_nobody_knows_is_said_to_be_unknown(working: Working) -> None:
    """Where the first entry of the queue can not be decoded."""
    working.push(2, 1)
    working.loop.round()
    working.queues.push([(2, b"nonsense")])
    working.clock.advance(5)
    working.report.turn(working.loop)
    assert working.statuses[-1].startswith("queue 2: 1 waiting, lag unknown, ")


def test_a_pause_is_no_standstill(working: Working) -> None:
    """While the database is away the watchdog hears of the loop, and the status says what is wrong, without secrets."""
    working.engine.fails = 1
    working.push(2, 1)
    working.loop.round()
    alive = [moment for moment, text in working.sent if text == "WATCHDOG=1"]
    assert max(b - a for a, b in pairwise(alive)) <= 3
    assert alive[-1] > 10
    assert working.statuses[0] == "trying again: mysql://[hidden]@db is away"
    working.clock.advance(5)
    working.loop.round()
    working.clock.advance(5)
    working.report.turn(working.loop)
    assert working.statuses[-1].startswith("idle")


def test_a_minute_has_one_summary(working: Working) -> None:
    """All that was done in it, in the queues where it was done; none of a minute without work."""
    working.push(2, 3)
    working.push(0, 2)
    working.loop.round()
    working.push(0, 1)
    working.clock.advance(61)
    working.report.turn(working.loop)
    (summary,) = working.logger.of(WorkerSummary)
    assert summary == WorkerSummary(
        queues="0, 2",
        batches=2,
        requests=5,
        recorded=5,
        excluded=0,
        dead=0,
        per_second=0.1,
        waiting=1,
        lag_seconds=61.0,
    )
    for _ in range(3):
        working.clock.advance(61)
        working.report.turn(working.loop)
    assert [type(event) for event in working.logger.events].count(WorkerSummary) == 1


def test_a_summary_waits_for_the_end_of_an_outage(working: Working) -> None:
    """Nothing of what was done is missing in it."""
    working.push(2, 3)
    working.loop.round()
    working.queues.become("away")
    working.clock.advance(70)
    working.loop.round()
    working.report.turn(working.loop)
    assert not any(isinstance(event, WorkerSummary) for event in working.logger.events)
    working.queues.become(None)
    working.loop.round()
    working.report.turn(working.loop)
    assert [event.recorded for event in working.logger.of(WorkerSummary)] == [3]
