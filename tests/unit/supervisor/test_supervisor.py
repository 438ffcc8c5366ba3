"""The supervisor as a whole, on queues in memory and a runtime that does as it is told."""

from __future__ import annotations

from random import Random
from threading import Event
from typing import Any

import pytest

from qtd.config.root import Config
from qtd.errors import BrokerUnavailable, ConfigurationError, DatabaseUnavailable
from qtd.log.events.process import ConfigurationRefused, Reached, Waiting
from qtd.log.events.queues import QueuesRenumbered
from qtd.log.events.supervisor import (
    RestartNeeded,
    SupervisorStarted,
    SupervisorStopped,
    WorkerAskedToRestart,
    WorkersWanted,
)
from qtd.queue.contract import Numbering, QueueState
from qtd.queue.memory import MemoryQueues
from qtd.supervisor.supervisor import Supervisor
from qtd.systemd.notifier import Notifier
from qtd.wire.request_set import RequestSet, encode
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog
from tests.unit.supervisor.fakes import RUNS, FakeRuntime


class Queues(MemoryQueues):
    """Queues in memory whose broker may be away."""

    away = False

    def states(self) -> list[QueueState]:
        """See `Queues.states`."""
        if self.away:
            raise BrokerUnavailable("redis://:hunter2@h is away")
        return super().states()


class Case:
    """A supervisor with its surroundings."""

    def __init__(self, **workers: Any) -> None:
        self.clock, self.logger, self.runtime = FakeClock(), KeptLog(), FakeRuntime()
        self.queues = Queues(count=4, clock=self.clock)
        self.sent: list[str] = []
        self.new: Config | ConfigurationError = Config()
        self.database_away = False
        self.logs_as: list[Config] = []
        self.supervisor = Supervisor(
            Config.model_validate({"workers": workers}),
            queues=self.queues,
            runtime=self.runtime,
            database_answers=self._database_answers,
            read_config=self._read,
            apply_log=self.logs_as.append,
            notifier=Notifier(self.sent.append, watchdog_seconds=60),
            clock=self.clock,
            logger=self.logger,
            random=Random(1),
        )

    def _database_answers(self) -> None:
        if self.database_away:
            raise DatabaseUnavailable

    def _read(self) -> Config:
        if isinstance(self.new, ConfigurationError):
            raise self.new
        return self.new

    def push(self, queue: int, count: int = 1) -> None:
        """Let entries wait, as old as the moment."""
        entry = encode(
            RequestSet(requests=[{}], server={}, cookies={}, token_auth=False, time=self.clock.now())
        )
        self.queues.push([(queue, entry)] * count)

    def seconds(self, count: int) -> None:
        """Look each second."""
        for _ in range(count):
            self.supervisor.look()
            self.clock.advance(1)

    def reload(self, new: dict[str, Any] | ConfigurationError) -> None:
        """Have a configuration read."""
        self.new = new if isinstance(new, ConfigurationError) else Config.model_validate(new)
        self.supervisor.ask_reload()
        self.seconds(1)

    @property
    def status(self) -> str:
        """The newest status line."""
        return next(text for text in reversed(self.sent) if text.startswith("STATUS="))[7:]


def test_as_many_as_wanted_run_and_the_status_says_so() -> None:
    """READY comes before the first look, the watchdog is fed, the queues are told of."""
    case = Case(count=2)
    stop = Event()
    stop.set()
    case.supervisor.run(stop, Event())
    assert case.sent == ["READY=1\nSTATUS=ready"]
    assert case.logger.events == [
        SupervisorStarted(runtime="fake", queues=4, workers="2"),
        SupervisorStopped(runtime="fake"),
    ]
    assert case.runtime.closed
    case.seconds(2)
    assert sorted(case.runtime.found) == [1, 2]
    assert "WATCHDOG=1" in case.sent
    assert case.status == "2 of 2 workers run; nothing waits"
    case.push(3, 1204)
    case.clock.advance(3)
    case.seconds(1)
    assert case.status == "2 of 2 workers run; 1,204 waiting, lag 3 s in queue 3"


def test_a_lag_that_nobody_knows_is_said_to_be_unknown() -> None:
    """Where only queues have entries whose first one can not be decoded; it starts no worker."""
    case = Case()
    case.queues.push([(1, b"nonsense")])
    case.seconds(2)
    assert case.status.endswith("; 1 waiting, lag unknown in queue 1")


def test_a_peak_brings_workers_and_calm_takes_them() -> None:
    """One line for each decision, with its reason."""
    case = Case(min=1, scale_up_pause_seconds=5, scale_down_after_seconds=60)
    case.push(2)
    case.seconds(60)
    assert sorted(case.runtime.found) == [1, 2, 3, 4]
    lock = case.queues.acquire(2, 60)
    assert lock is not None
    case.queues.trim(lock, case.queues.read(2, 1))
    case.seconds(200)
    assert sorted(case.runtime.found) == [1]
    changes = [(event.before, event.wanted) for event in case.logger.of(WorkersWanted)]
    assert changes == [(1, 2), (2, 4), (4, 3), (3, 2), (2, 1)]
    assert case.logger.of(WorkersWanted)[0].reason == "queue 2 lags 11 s, 10 s is too much"


def test_an_outage_of_the_database_is_no_peak() -> None:
    """More workers would only wait with the others; when it is back, what has gathered is one."""
    case = Case(min=1, scale_up_pause_seconds=5)
    case.push(2)
    case.database_away = True
    case.seconds(60)
    assert sorted(case.runtime.found) == [1]
    case.database_away = False
    case.seconds(10)
    assert sorted(case.runtime.found) == [1, 2, 3, 4]


def test_a_broker_that_is_away_changes_nothing() -> None:
    """The workers stay as they are; the log says it when it begins and when it ends, the status without secrets."""
    case = Case(count=2)
    case.seconds(1)
    case.queues.away = True
    case.seconds(20)
    assert case.status == "2 of 2 workers run; trying again: redis://[hidden]@h is away"
    assert 2 <= len(case.logger.of(Waiting)) <= 6
    del case.runtime.found[1]
    case.queues.away = False
    case.seconds(40)
    assert len(case.logger.of(Reached)) == 1
    assert sorted(case.runtime.found) == [1, 2]


def test_a_service_manager_that_is_away_is_waited_for() -> None:
    """And asked ever more seldom."""
    case = Case(count=2)
    case.runtime.away = True
    case.seconds(20)
    assert case.status == "trying again: bus is away"
    assert 2 <= len(case.logger.of(Waiting)) <= 6
    case.runtime.away = False
    case.seconds(40)
    assert sorted(case.runtime.found) == [1, 2]


def test_a_worker_that_does_not_get_on_is_restarted_with_its_stack() -> None:
    """Once for all its queues; but not while the database is away, for then no worker gets on."""
    case = Case(count=2, stuck_seconds=100)
    case.push(1)
    case.push(3)
    case.database_away = True
    case.seconds(150)
    assert ("restart", 2) not in case.runtime.asked
    case.database_away = False
    case.seconds(101)
    assert case.runtime.asked[-2:] == [("stack", 2), ("restart", 2)]
    assert [event.worker for event in case.logger.of(WorkerAskedToRestart)] == [2]


def test_a_bad_configuration_is_refused_and_the_old_one_stays() -> None:
    """Each mistake is a line; systemd is told of the reload's end, and the workers live on."""
    case = Case(count=2)
    case.seconds(1)
    case.reload(ConfigurationError("workers.count: 'x'", "qeue: unknown key"))
    assert [event.problem for event in case.logger.of(ConfigurationRefused)] == [
        "workers.count: 'x'",
        "qeue: unknown key",
    ]
    reloading, ready = [text for text in case.sent if "RELOADING=1" in text or "READY=1" in text]
    assert reloading == f"RELOADING=1\nMONOTONIC_USEC={int((case.clock.monotonic() - 1) * 1e6)}"
    assert "refused" in ready
    case.seconds(10)
    assert sorted(case.runtime.found) == [1, 2]


def test_a_good_configuration_is_applied() -> None:
    """Another number at once; a new share of the queues lets the workers begin anew, one after the other."""
    case = Case(count=2)
    case.seconds(1)
    case.reload({"workers": {"count": 3}})
    case.seconds(1)
    assert case.runtime.asked[:4] == [("start", 1), ("start", 2), ("start", 3), ("restart", 1)]
    case.runtime.found[1] = RUNS
    case.seconds(1)
    assert case.runtime.asked[4:] == [("restart", 2)]
    assert len(case.logs_as) == 1
    assert [event.reason for event in case.logger.of(WorkersWanted)] == ["the configuration was changed"]


@pytest.mark.parametrize(
    ("new", "keys", "command", "workers"),
    [
        ({"queue": {"count": 8}, "workers": {"count": 8}}, "queue", "systemctl restart qtd.target", 2),
        (
            {"ingest": {"port": 80}, "workers": {"count": 1}},
            "ingest",
            "systemctl restart qtd-ingest.service",
            1,
        ),
    ],
)
def test_what_can_not_change_is_said(new: dict[str, Any], keys: str, command: str, workers: int) -> None:
    """With the command that changes it; where the queues change, nothing at all is applied until then."""
    case = Case(count=2)
    case.seconds(1)
    case.reload(new)
    case.seconds(3)
    assert case.logger.of(RestartNeeded) == [RestartNeeded(keys=keys, command=command)]
    assert len(case.runtime.found) == workers


def test_it_follows_the_number_of_queues() -> None:
    """And blames nobody for what does not move while it is changed."""
    case = Case(count=2, stuck_seconds=5)
    case.queues.renumber(Numbering(count=6, target=6))
    case.push(1)
    case.seconds(20)
    assert case.logger.of(QueuesRenumbered) == [QueuesRenumbered(queues=6, before=4)]
    assert ("restart", 2) not in case.runtime.asked
    case.queues.renumber(Numbering(count=6))
    case.seconds(20)
    assert ("restart", 2) in case.runtime.asked
