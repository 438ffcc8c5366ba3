"""Events as entries of the journal."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import pytest

from qtd.log import configure, get_logger
from qtd.log.events.ingest import IngestStarted, RequestFailed
from qtd.log.events.worker import BatchRetried, WorkerSummary
from tests.unit.log.conftest import Noon, Written


class Taken:
    """A journal that keeps what it is sent."""

    def __init__(self, *, takes: bool = True) -> None:
        self.entries: list[list[tuple[str, str]]] = []
        self._takes = takes

    def send(self, fields: Sequence[tuple[str, str]]) -> bool:
        """Keep the entry, or refuse it."""
        if self._takes:
            self.entries.append(list(fields))
        return self._takes


def to_journal(journal: Taken) -> io.StringIO:
    """Log to `journal`; return the stream for what it does not take."""
    stream = io.StringIO()
    configure(stream=stream, clock=Noon(), journal=journal.send, identifier="qtd-worker-1")
    return stream


@pytest.mark.usefixtures("written")
def test_an_event_is_an_entry_with_its_fields() -> None:
    """A line to read, a priority, and a field for each of the event's, under names that do not collide."""
    journal = Taken()
    stream = to_journal(journal)
    get_logger("worker", worker=1).emit(
        BatchRetried(queue=2, attempt=1, cause='lost "it"', pause_seconds=0.5)
    )
    assert journal.entries == [
        [
            ("MESSAGE", "batch_retried worker=1 queue=2 attempt=1 cause=\"lost 'it'\" pause_seconds=0.5"),
            ("PRIORITY", "4"),
            ("SYSLOG_IDENTIFIER", "qtd-worker-1"),
            ("QTD_EVENT", "batch_retried"),
            ("QTD_PART", "worker"),
            ("QTD_WORKER", "1"),
            ("QTD_QUEUE", "2"),
            ("QTD_ATTEMPT", "1"),
            ("QTD_CAUSE", 'lost "it"'),
            ("QTD_PAUSE_SECONDS", "0.5"),
        ]
    ]
    assert stream.getvalue() == ""


@pytest.mark.usefixtures("written")
def test_a_summary_is_found_by_each_of_its_queues() -> None:
    """`journalctl QTD_QUEUE=4` finds what a worker says of queues 0 and 4."""
    journal = Taken()
    to_journal(journal)
    get_logger("worker").emit(
        WorkerSummary(
            queues="0, 4",
            batches=1,
            requests=1,
            recorded=1,
            excluded=0,
            dead=0,
            per_second=1,
            waiting=0,
        )
    )
    assert [value for name, value in journal.entries[0] if name == "QTD_QUEUE"] == ["0", "4"]
    assert "QTD_LAG_SECONDS" not in dict(journal.entries[0])


@pytest.mark.usefixtures("written")
def test_a_traceback_follows_the_line_and_holds_no_secret() -> None:
    """Secrets are taken out of what the journal gets as of everything else."""
    journal = Taken()
    to_journal(journal)
    try:
        raise ValueError("token_auth=c0ffee")  # noqa: TRY301 - it is to have a traceback
    except ValueError as error:
        get_logger("ingest").emit(RequestFailed(method="GET", cause="bug"), error=error)
    message = dict(journal.entries[0])["MESSAGE"]
    assert message.startswith("request_failed method=GET cause=bug\nTraceback")
    assert message.endswith("token_auth=[hidden]")
    assert "c0ffee" not in str(journal.entries)


@pytest.mark.usefixtures("written")
def test_what_the_journal_does_not_take_is_written() -> None:
    """Without journald nothing is lost: it goes to standard error as JSON."""
    stream = to_journal(Taken(takes=False))
    get_logger("ingest").emit(IngestStarted(listen="127.0.0.1:80", processes=1))
    assert json.loads(stream.getvalue())["event"] == "ingest_started"


def test_a_chosen_format_is_not_overruled(written: Written) -> None:
    """`json` and `human` mean standard error, also where that is the journal."""
    journal = Taken()
    configure(format="json", stream=written.stream, clock=Noon(), journal=journal.send)
    get_logger("ingest").emit(IngestStarted(listen="127.0.0.1:80", processes=1))
    assert journal.entries == []
    assert written.lines[0]["event"] == "ingest_started"
