"""What every command begins with."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from threading import Event
from typing import Any, cast

import orjson
import pytest

from qtd.cli.setup import end_on_signals, fail, refuse, stop_on_signals, wait_for
from qtd.errors import BrokerUnavailable, ConfigurationError, SchemaError
from qtd.log.output import configure
from qtd.systemd.notifier import Notifier
from tests.fake_clock import FakeClock


@pytest.fixture(autouse=True)
def log() -> Iterator[StringIO]:
    """Give the log; signals do afterwards what they did before."""
    stream = StringIO()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    configure(stream=stream, format="json")
    yield stream
    configure(stream=StringIO())
    for number, handler in before.items():
        signal.signal(number, handler)


def events(log: StringIO) -> list[dict[str, Any]]:
    """All events so far."""
    return [cast("dict[str, Any]", orjson.loads(line)) for line in log.getvalue().splitlines()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_to_end(log: StringIO, number: signal.Signals) -> None:
    """The event is set, the service manager hears of it, and the log has one line that says why."""
    told = Event()
    stop = stop_on_signals(told.set)
    assert not stop.is_set()
    signal.raise_signal(number)
    assert told.wait(20)
    assert stop.is_set()
    assert [(event["event"], event["reason"]) for event in events(log)] == [("stopping", number.name)]


def test_a_signal_may_come_at_any_moment(log: StringIO) -> None:
    """Also while the main thread holds the event's own lock, which a handler that sets it would wait for for ever."""
    stop = stop_on_signals()
    with stop._cond:  # type: ignore[attr-defined]
        signal.raise_signal(signal.SIGTERM)
    assert stop.wait(20)
    assert len(events(log)) == 1


def test_only_a_second_ctrl_c_is_impatient() -> None:
    """SIGTERM may be repeated, by systemd and by a parent: the batch is finished; Ctrl-C twice is meant so."""
    stop = stop_on_signals()
    signal.raise_signal(signal.SIGINT)
    assert stop.wait(20)
    for _ in range(2):
        signal.raise_signal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        signal.raise_signal(signal.SIGINT)
    assert ended.value.code == 130


def test_signals_end_the_process_where_there_is_nothing_to_finish() -> None:
    """Between waiting and serving nobody looks at the event: a signal must not get lost there."""
    stop_on_signals()
    end_on_signals()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


class Comes:
    """A server that is there at the third attempt."""

    def __init__(self) -> None:
        self.attempts = 0

    def __call__(self) -> None:
        """Try."""
        self.attempts += 1
        if self.attempts < 3:
            raise BrokerUnavailable("Connection refused, password=hunter2")


def test_a_server_is_waited_for(log: StringIO) -> None:
    """Each attempt says what is waited for, where, and why; the end says how long it took; no secret is in it."""
    assert wait_for("redis", "10.0.0.1:6379", Comes(), clock=FakeClock(), stop=Event(), no_wait=False)
    told = events(log)
    assert [event["event"] for event in told] == ["waiting", "waiting", "reached"]
    assert {(event["waits_for"], event["server"]) for event in told} == {("redis", "10.0.0.1:6379")}
    assert "refused" in told[0]["cause"]
    assert "hunter2" not in log.getvalue()


def test_the_service_manager_hears_of_each_attempt() -> None:
    """Before it, because it takes its time, and with its cause after it; without secrets."""
    told: list[str] = []
    notifier = Notifier(told.append)
    wait_for("redis", "there", Comes(), clock=FakeClock(), stop=Event(), no_wait=False, notifier=notifier)
    said = [message.partition("STATUS=")[2] for message in told]
    assert [line.partition(":")[0] for line in said] == [
        *["reaching redis", "waiting for redis"] * 2,
        "reaching redis",
    ]
    assert all("EXTEND_TIMEOUT_USEC=" in message for message in told)
    assert "hunter2" not in str(told)


def test_a_server_that_is_there_is_no_news(log: StringIO) -> None:
    """Nothing is logged where nothing was waited for."""
    assert wait_for("redis", "there", lambda: None, clock=FakeClock(), stop=Event(), no_wait=True)
    assert events(log) == []


def test_waiting_ends_when_asked_to() -> None:
    """Who is told to stop while waiting does not go on, and tries no more."""
    stop, comes = Event(), Comes()

    class Told(FakeClock):
        def wait(self, seconds: float, until: Event) -> bool:
            del seconds
            until.set()
            return True

    assert not wait_for("redis", "there", comes, clock=Told(), stop=stop, no_wait=False)
    assert comes.attempts == 1


def test_without_waiting_the_first_failure_is_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 and one line with name, address and cause; no secret is in it."""
    with pytest.raises(SystemExit) as ended:
        wait_for("redis", "10.0.0.1:6379", Comes(), clock=FakeClock(), stop=Event(), no_wait=True)
    assert ended.value.code == 1
    line = capsys.readouterr().err
    assert line.startswith("qtd: redis (10.0.0.1:6379) is not there: Connection refused")
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("end", "code", "lines"),
    [
        (partial(refuse, ConfigurationError("queue.count: x", "redis.hosts: y")), 2, 2),
        (partial(refuse, ConfigurationError()), 2, 1),
        (partial(refuse, SchemaError("no table")), 2, 1),
        (partial(fail, "gone"), 1, 1),
    ],
)
def test_every_mistake_has_a_line(
    capsys: pytest.CaptureFixture[str], end: Callable[[], None], code: int, lines: int
) -> None:
    """Exit code 2 for configuration and tables, with one line for each mistake; 1 for failures."""
    with pytest.raises(SystemExit) as ended:
        end()
    assert ended.value.code == code
    said = capsys.readouterr().err.splitlines()
    assert len(said) == lines
    assert all(line.startswith("qtd: ") for line in said)
