from __future__ import annotations

import logging
import warnings

import pytest

from qtd.log import get_logger
from qtd.log.events.dead_letters import EntryDead
from qtd.log.events.ingest import IngestStarted, RequestFailed
from qtd.log.events.process import Waiting
from qtd.log.events.worker import BatchApplied, WorkerStarted
from qtd.log.output import Format, Level
from tests.unit.log.conftest import Written

BATCH = BatchApplied(
    queue=1, entries=2, requests=3, recorded=2, excluded=1, rules="bot 1", dead=0, seconds=0.25
)


def test_event_is_one_line_of_json(written: Written) -> None:
    """An event is one line: time, level, name, part, what the logger was bound to, and its fields."""
    log = get_logger("worker", worker=7)
    written.configure("debug")
    log.bind(host="a").emit(BATCH)
    assert written.text == (
        '{"time":"2026-11-21T12:00:00.250Z","level":"debug","event":"batch_applied","part":"worker","worker":7,'
        '"host":"a","queue":1,"entries":2,"requests":3,"recorded":2,"excluded":1,"rules":"bot 1",'
        '"dead":0,"seconds":0.25}\n'
    )


def test_people_get_text_on_a_terminal(written: Written) -> None:
    """On a terminal `auto` is a coloured line with the same fields in the same order."""
    written.configure(terminal=True)
    get_logger("worker").emit(WorkerStarted(worker=1, queues="0, 1"))
    assert "\x1b[" in written.text
    assert "worker_started" in written.text
    assert written.text.index("worker") < written.text.index("queues")
    assert written.text.count("\n") == 1


@pytest.mark.parametrize(("form", "first"), [("json", "{"), ("human", "2")])
def test_form_can_be_chosen(written: Written, form: Format, first: str) -> None:
    """`json` and `human` hold whether or not there is a terminal; a file gets no colours."""
    written.configure(format=form)
    get_logger("worker").emit(WorkerStarted(worker=1, queues="0"))
    assert written.text.startswith(first)
    assert "\x1b" not in written.text


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("debug", ["batch_applied", "worker_started", "waiting", "entry_dead"]),
        ("info", ["worker_started", "waiting", "entry_dead"]),
        ("warning", ["waiting", "entry_dead"]),
        ("error", ["entry_dead"]),
    ],
)
def test_level_decides_what_is_shown(written: Written, level: Level, shown: list[str]) -> None:
    """Events below the configured level are not written."""
    written.configure(level)
    log = get_logger("worker")
    log.emit(BATCH)
    log.emit(WorkerStarted(worker=1, queues="0"))
    log.emit(Waiting(waits_for="redis", server="10.0.0.1:6379", cause="refused", pause_seconds=1.0))
    log.emit(EntryDead(queue=0, entry="a", cause="b"))
    assert [line["event"] for line in written.lines] == shown


def test_loggers_follow_the_newest_configuration(written: Written) -> None:
    """A logger made and used before `configure` writes where the newest configuration says, once."""
    written.configure()
    log = get_logger("worker")
    log.emit(WorkerStarted(worker=1, queues="0"))
    second = Written()
    second.configure()
    log.emit(WorkerStarted(worker=2, queues="0"))
    logging.getLogger("library").warning("once")
    assert [line["worker"] for line in written.lines] == [1]
    assert [line["event"] for line in second.lines] == ["worker_started", "library_message"]


def test_bug_comes_with_its_traceback(written: Written) -> None:
    """An error given to `emit` is written with its traceback, in the same line, without secrets."""
    written.configure()
    try:
        raise ValueError("token_auth=c0ffee&x of 198.51.100.7")  # noqa: TRY301 - it is to have a traceback
    except ValueError as error:
        get_logger("ingest").emit(RequestFailed(method="GET", cause="bug"), error=error)
    (line,) = written.lines
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ValueError: token_auth=[hidden]&x of 198.51.x.x")


def test_own_servers_are_shown_in_full(written: Written) -> None:
    """The address of our own server stays whole, that of anybody else in the same event does not."""
    written.configure()
    cause = "Error 111 connecting to 10.1.2.3:6379"
    get_logger("ingest").emit(
        Waiting(waits_for="redis", server="10.1.2.3:6379", cause=cause, pause_seconds=1.0)
    )
    get_logger("ingest").emit(IngestStarted(listen="192.0.2.1:80", processes=1))
    waiting, started = written.lines
    assert (waiting["server"], started["listen"]) == ("10.1.2.3:6379", "192.0.2.1:80")
    assert waiting["cause"] == "Error 111 connecting to 10.1.x.x:6379"


def test_library_messages_become_events(written: Written) -> None:
    """What a library logs is an event with the library's level and words, without secrets."""
    written.configure()
    logging.getLogger("some.library").error("redis://:hunter2@h %s", "203.0.113.9")
    logging.getLogger("some.library").info("not worth a line")
    logging.getLogger("some.library").log(35, "between warning and error")
    assert [(line["level"], line["logger"], line["message"]) for line in written.lines] == [
        ("error", "some.library", "redis://[hidden]@h 203.0.x.x"),
        ("warning", "some.library", "between warning and error"),
    ]


def test_python_warnings_become_events(written: Written) -> None:
    """A warning is one line like everything else."""
    written.configure()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)  # again, inside: pytest has replaced what shows warnings
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    (line,) = written.lines
    assert line["logger"] == "py.warnings"
    assert "DeprecationWarning: old" in line["message"]


@pytest.mark.parametrize("form", ["json", "human"])
def test_nothing_that_is_logged_breaks_the_log(written: Written, form: Format) -> None:
    """Lone surrogates, huge numbers and line breaks are written, and one event stays one line."""
    written.configure(format=form)
    get_logger("worker", number=2**70).emit(EntryDead(queue=3, entry="\udc80", cause="a\nb"))
    assert written.text.count("\n") == 1
    assert "udc80" in written.text
    if form == "json":
        assert written.lines[0] | {"time": ""} == {
            "time": "",
            "level": "error",
            "event": "entry_dead",
            "part": "worker",
            "number": str(2**70),
            "queue": 3,
            "entry": "\\udc80",
            "cause": "a\nb",
        }
