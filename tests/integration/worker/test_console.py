"""Engine console over a stand-in for the plugin's command, that takes and gives back the plugin's own locks."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest

from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.log.events.console import (
    ConsoleChatter,
    ConsoleError,
    ConsoleFailed,
    ConsoleFinished,
    ConsoleOutput,
    ConsoleWarning,
)
from qtd.queue.console_lock import console_lock_key, open_console_locks
from qtd.queue.contract import Queues
from qtd.queue.lock_token import new_token
from qtd.queue.open import open_queues
from qtd.queue.redis_keys import lock_key
from qtd.worker.backoff import Backoff
from qtd.worker.console.command import plugin_command
from qtd.worker.console.loop import ConsoleLoop, Surroundings
from qtd.worker.console.run import Runner
from qtd.worker.due import Due
from qtd.worker.keeping import not_kept
from qtd.worker.outage import Outage
from qtd.worker.servers import broker_of
from tests.integration.worker.ground import entry
from tests.kept_log import KeptLog
from tests.servers.redis import RedisServer
from tests.standins import console as standin


class Installation:
    """A folder like Matomo's, with the stand-in for its console; and workers that run it."""

    def __init__(self, folder: Path, server: RedisServer) -> None:
        self.folder = folder
        self.server = server
        shutil.copy(standin.__file__, folder / "console")
        self.does()
        self.config = Config.model_validate(
            {
                "engine": "console",
                "redis": {"hosts": [server.address]},
                "queue": {"count": 2},
                "matomo": {"path": str(folder)},
                "console": {"php": [sys.executable], "max_requests": 10},
            }
        )
        self.queues: Queues = open_queues(self.config)

    def does(self, **what: Any) -> None:
        """Say what is to go wrong."""
        host, _, port = self.server.address.rpartition(":")
        (self.folder / "standin.json").write_text(json.dumps({"host": host, "port": int(port), **what}))

    def read(self, name: str) -> list[Any]:
        """What the stand-in wrote down."""
        path = self.folder / f"{name}.jsonl"
        return list(map(json.loads, path.read_text().splitlines())) if path.exists() else []

    def push(self, queue: int, *numbers: int) -> None:
        """Let page views wait."""
        self.queues.push([(queue, entry(number)) for number in numbers])

    def recorded(self) -> list[int]:
        """The page views that were recorded, in order."""
        return [int(request["url"].rpartition("/")[2]) for request in self.read("recorded")]


class Worker:
    """One that looks after both queues, on the system's clock: what it runs is real."""

    def __init__(self, installation: Installation, **limits: float) -> None:
        clock, self.log, self.stop = SystemClock(), KeptLog(), Event()
        self.progress = 0
        config = installation.config
        self.locks = open_console_locks(config, count=2, token=new_token)

        def backoff() -> Backoff:
            return Backoff(least=30, most=30, random=Random(1))

        self.loop = ConsoleLoop(
            Surroundings(
                queues=installation.queues,
                locks=self.locks,
                keep=not_kept,
                lock_seconds=60,
                runner=Runner(
                    plugin_command(config),
                    clock=clock,
                    logger=self.log,
                    **{"time_limit_seconds": 3600.0, "stop_seconds": 3600.0, **limits},
                ),
                max_requests=config.console.max_requests,
                clock=clock,
                logger=self.log,
            ),
            order=[0, 1],
            due=Due(max_requests=10, max_wait_seconds=0, clock=clock),
            broker=Outage(broker_of(config), backoff=backoff(), clock=clock, logger=self.log),
            backoff=backoff,
            stop=self.stop,
            on_progress=self._progressed,
        )
        #: called at each sign of progress
        self.then: Callable[[], None] = lambda: None

    def _progressed(self) -> None:
        self.progress += 1
        self.then()


@pytest.fixture
def installation(redis_server: RedisServer, tmp_path: Path) -> Iterator[Installation]:
    """Give one whose Redis is empty."""
    made = Installation(tmp_path, redis_server)
    yield made
    made.queues.close()


@pytest.fixture
def worker_with(installation: Installation) -> Iterator[Callable[..., Worker]]:
    """Give a maker of workers."""
    made: list[Worker] = []

    def make(**limits: float) -> Worker:
        made.append(Worker(installation, **limits))
        return made[-1]

    yield make
    for worker in made:
        worker.locks.close()


def test_the_plugin_empties_the_queues(
    installation: Installation, worker_with: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each queue by its number, whole batches first and then the rest; nothing of it is locked afterwards."""
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    worker = worker_with()
    installation.push(0, *range(25))
    installation.push(1, *range(100, 103))
    assert worker.loop.round()
    assert installation.recorded() == [*range(20), 100, 101, 102]
    assert worker.loop.round()
    assert installation.recorded()[23:] == [20, 21, 22, 23, 24]
    assert not worker.loop.round()
    assert worker.loop.totals == {"batches": 3, "recorded": 28}
    assert worker.loop.trouble is None
    runs = installation.read("runs")
    assert [run["arguments"][1:3] for run in runs] == [
        ["--queue-id=0", "--force-num-requests-process-at-once=10"],
        ["--queue-id=1", "--force-num-requests-process-at-once=3"],
        ["--queue-id=0", "--force-num-requests-process-at-once=5"],
    ]
    assert not any("NOTIFY_SOCKET" in run["environment"] for run in runs)
    with installation.server.client() as client:
        assert [client.exists(lock_key(queue), console_lock_key(queue)) for queue in (0, 1)] == [0, 0]
    assert [one.requests for one in worker.log.of(ConsoleFinished)] == [20, 3, 5]
    assert worker.log.of(ConsoleOutput)[0].line.startswith("This worker finished queue processing with")


def test_its_lines_are_events_with_levels(
    installation: Installation, worker_with: Callable[..., Worker]
) -> None:
    """Errors and warnings of PHP and Matomo are such, what is said each time is for those who look closer."""
    installation.does(warns=True)
    worker = worker_with()
    installation.push(0, 1)
    worker.loop.round()
    assert [event.line for event in worker.log.of(ConsoleChatter)] == [
        "Forcing queue ID: 0",
        "Starting to process request sets, this can take a while",
    ]
    assert [event.line[:11] for event in worker.log.of(ConsoleWarning)] == ["PHP Warning"]
    assert [event.line[:5] for event in worker.log.of(ConsoleError)] == ["ERROR"]
    assert worker.loop.trouble is None


def test_a_run_that_fails_is_the_workers_trouble(
    installation: Installation, worker_with: Callable[..., Worker]
) -> None:
    """Its exit code and what it complained of are told; the queue is left for a while, the others are not."""
    installation.does(fails=True)
    worker = worker_with()
    installation.push(0, 1)
    assert not worker.loop.round()
    (failed,) = worker.log.of(ConsoleFailed)
    assert (failed.status, failed.cause) == (
        255,
        "it ended with 255: In Redis.php line 264:; Connection refused",
    )
    assert failed.pause_seconds > 0
    assert worker.loop.trouble == failed.cause
    installation.does()
    installation.push(1, 2)
    assert worker.loop.round()
    assert installation.recorded() == [2]


def test_a_plugin_that_takes_nothing_is_no_success(
    installation: Installation, worker_with: Callable[..., Worker]
) -> None:
    """One that is switched off, or reads another Redis, ends with 0 at once; that must not be repeated without end."""
    installation.does(ignores=True)
    worker = worker_with()
    installation.push(0, 1)
    assert not worker.loop.round()
    (failed,) = worker.log.of(ConsoleFailed)
    assert (failed.status, "is the plugin on, with this Redis" in failed.cause) == (0, True)


@pytest.mark.parametrize("key", [lock_key(0), console_lock_key(0)])
def test_a_queue_that_somebody_else_has_is_left_to_him(
    installation: Installation, worker_with: Callable[..., Worker], key: str
) -> None:
    """A processor in cron has the plugin's lock, another worker ours: no second one is started."""
    with installation.server.client() as client:
        client.set(key, "somebody", ex=60)
    worker = worker_with()
    installation.push(0, 1)
    assert not worker.loop.round()
    assert installation.read("runs") == []


def test_two_workers_do_not_run_it_for_one_queue_at_once(
    installation: Installation, worker_with: Callable[..., Worker]
) -> None:
    """While one has a run, also before the plugin has locked the queue, the other starts none."""
    one, other = worker_with(), worker_with()
    installation.push(0, 1)
    rounds: list[bool] = []
    one.then = lambda: rounds.append(other.loop.round())
    assert one.loop.round()
    assert rounds
    assert not any(rounds)
    assert len(installation.read("runs")) == 1


def test_asked_to_end_it_waits_for_the_run(
    installation: Installation, worker_with: Callable[..., Worker]
) -> None:
    """PHP does not survive SIGTERM, so the run may come to its end: nothing is half done, no lock is left."""
    installation.does(batch_seconds=0.5)
    worker = worker_with()
    worker.then = worker.stop.set
    installation.push(0, 1, 2)
    worker.loop.round()
    assert installation.recorded() == [1, 2]
    assert (worker.log.of(ConsoleFailed), worker.loop.trouble) == ([], None)


def test_a_run_that_does_not_end_is_ended(
    installation: Installation, worker_with: Callable[..., Worker]
) -> None:
    """When the worker is to end it gets SIGTERM after `stop_seconds`; that is nobody's failure."""
    installation.does(hangs=True)
    worker = worker_with(stop_seconds=0.0)
    worker.then = worker.stop.set
    installation.push(0, 1)
    worker.loop.round()
    (ended,) = worker.log.of(ConsoleFinished)
    assert ended.status == -15
    assert installation.queues.lengths() == [1, 0]


def test_a_run_that_takes_too_long_is_ended(
    installation: Installation, worker_with: Callable[..., Worker]
) -> None:
    """And told as a failure; without progress the watchdog hears nothing meanwhile."""
    installation.does(hangs=True)
    worker = worker_with(time_limit_seconds=1.5)
    installation.push(0, 1)
    assert not worker.loop.round()
    (failed,) = worker.log.of(ConsoleFailed)
    assert (failed.status, "console.time_limit_seconds" in failed.cause) == (-15, True)
    assert worker.progress <= 3  # two lines, and its end
