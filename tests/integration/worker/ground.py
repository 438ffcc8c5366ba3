"""Workers as they are assembled, on real servers, with an engine that loads nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from random import Random
from threading import Event
from typing import Any

from sqlalchemy import Engine, text

from qtd.config.root import Config
from qtd.db.transaction import reading
from qtd.engine.device import Device
from qtd.engine.location_provider import NoLocations
from qtd.engine.outside import Outside
from qtd.engine.referrer_recognition import ReferrerLists
from qtd.queue.contract import Queues
from qtd.store.create import create_tables
from qtd.store.native import BatchResult, NativeRecorder
from qtd.store.salts import StoredSalts
from qtd.wire.request_set import Params, RequestSet, encode
from qtd.worker.assemble import WorkerParts, settings_source
from qtd.worker.loop import WorkerLoop
from qtd.worker.recorder import Recorder
from qtd.worker.servers import database_of
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog


class NoDevices:
    """Detects nothing."""

    def detect(self, *_given: object) -> Device:
        """An unknown device."""
        return Device()


def native(config: Config, engine: Engine, clock: FakeClock) -> NativeRecorder:
    """The native engine, with all tables there."""
    create_tables(engine)
    outside = Outside(
        devices=NoDevices(),  # type: ignore[arg-type]
        referrer_lists=ReferrerLists(),
        locate=NoLocations(),
        salts=StoredSalts(engine, clock=clock),
        random=Random(1),
    )
    settings = settings_source(config, engine, clock)
    return NativeRecorder(engine, settings=settings, outside=outside, clock=clock)


def configuration(**values: Any) -> Config:
    """One site, batches of five that wait for nothing."""
    site = {"idsite": 1, "name": "a", "main_url": "http://example.org"}
    batch = {"max_requests": 5, "max_wait_seconds": 0}
    return Config.model_validate({"sites": [site], "batch": batch, "queue": {"count": 2}} | values)


def entry(number: int) -> bytes:
    """A page view of visitor `number`."""
    request: Params = {
        "idsite": "1",
        "rec": "1",
        "url": f"http://example.org/{number}",
        "_id": f"{number:016x}",
    }
    return encode(
        RequestSet(
            requests=[request],
            server={"REMOTE_ADDR": f"93.184.{number // 250}.{number % 250 + 1}"},
            cookies={},
            token_auth=False,
            time=1_794_304_800 + number,
            id=f"entry {number}",
        )
    )


class WorkersClock(FakeClock):
    """The loop's pauses take no time; whoever keeps its locks, in a thread, waits until they are given back."""

    def wait(self, seconds: float, until: Event) -> bool:
        """Wait."""
        if threading.current_thread() is not threading.main_thread():
            return until.wait()
        return super().wait(seconds, until)


class Worker:
    """One worker with its own engine, connections and ledger, as its own process has them."""

    def __init__(
        self, config: Config, queues: Queues, engine: Engine, *, over: Callable[[Recorder], Recorder]
    ) -> None:
        self.clock = WorkersClock()
        self.log = KeptLog()
        parts = WorkerParts(
            config=config,
            queues=queues,
            recorder=over(native(config, engine, self.clock)),
            clock=self.clock,
            logger=self.log,
        )
        self.loop: WorkerLoop = parts.loop(1, Event(), database=database_of(engine))

    def until_empty(self, queues: Queues, rounds: int = 50) -> None:
        """Work until nothing waits."""
        for _ in range(rounds):
            self.loop.round()
            if not any(queues.lengths()):
                return
            self.clock.advance(5)
        raise AssertionError(f"still waiting: {queues.lengths()}")


class Interrupted:
    """An engine that does something after it has recorded, before the worker can trim."""

    def __init__(self, recorder: Recorder, then: Callable[[], None]) -> None:
        self._recorder = recorder
        self._then = then

    def fence(self, queue: int) -> int:
        """See `Recorder.fence`."""
        return self._recorder.fence(queue)

    def record(self, queue: int, stored: Sequence[bytes], *, fence: int | None) -> BatchResult:
        """Record, and do it."""
        result = self._recorder.record(queue, stored, fence=fence)
        self._then()
        return result


def pages(engine: Engine) -> list[str]:
    """The pages that were viewed, in the order of their rows."""
    statement = text(
        "SELECT name FROM log_link_visit_action JOIN log_action ON idaction = idaction_url ORDER BY idlink_va"
    )
    with reading(engine) as connection:
        return list(connection.scalars(statement))


def expected(count: int) -> list[str]:
    """What `pages` are when entries 0 to `count` were recorded once each, in order."""
    return [f"example.org/{number}" for number in range(count)]
