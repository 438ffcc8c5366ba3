"""What a worker stands on: queues and an engine in memory, a step between them, and what may fail."""

from __future__ import annotations

from random import Random
from threading import Event

from qtd.queue.memory import MemoryQueues
from qtd.worker.backoff import Backoff
from qtd.worker.batch import BatchStep
from qtd.worker.outage import Outage
from qtd.worker.servers import Server
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog
from tests.unit.worker.engines import RecordingEngine


class Ground:
    """`count` queues, batches of `max_requests` that take `seconds` each."""

    def __init__(self, *, count: int, max_requests: int, seconds: float = 0.0) -> None:
        self.clock = FakeClock()
        self.queues = MemoryQueues(count=count, clock=self.clock)
        self.engine = RecordingEngine(self.clock, seconds=seconds)
        self.log = KeptLog()
        self.stop = Event()
        self.step = BatchStep(
            queues=self.queues,
            recorder=self.engine,
            clock=self.clock,
            logger=self.log,
            max_requests=max_requests,
            lock_seconds=60,
        )
        self._pushed = 0

    def push(self, queue: int, count: int) -> None:
        """Let so many new entries wait."""
        numbers = range(self._pushed, self._pushed + count)
        self._pushed += count
        self.queues.push([(queue, b"%d" % number) for number in numbers])

    def outage(self, name: str) -> Outage:
        """What tells of a server that is away."""
        server = Server(name=name, address="there")
        return Outage(server, backoff=self.backoff(), clock=self.clock, logger=self.log)

    def backoff(self) -> Backoff:
        """Pauses of one to eight seconds."""
        return Backoff(least=1, most=8, random=Random(1))
