"""Recording at once, past the queues."""

from __future__ import annotations

import pytest

from qtd.errors import DatabaseConflict, DatabaseUnavailable, SchemaError
from qtd.log.events.worker import BatchApplied
from qtd.wire.request_set import RequestSet, decode
from qtd.worker.at_once import LEDGER, PATIENCE_SECONDS, AtOnce
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog
from tests.unit.worker.engines import RecordingEngine


class Ground:
    """An engine that is opened when it is needed."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.engine = RecordingEngine(self.clock, seconds=0.5)
        self.opened = 0
        self.log = KeptLog()
        self.at_once = AtOnce(self.open, clock=self.clock, logger=self.log)

    def open(self) -> RecordingEngine:
        """Open."""
        self.opened += 1
        return self.engine


def request_set(number: int = 1) -> RequestSet:
    """One of ours."""
    return RequestSet(
        requests=[{"idsite": "1"}], server={}, cookies={}, token_auth=False, time=5, id=str(number)
    )


@pytest.fixture
def ground() -> Ground:
    """Give one that nobody has used."""
    return Ground()


def test_it_is_recorded_when_the_call_returns(ground: Ground) -> None:
    """One request set is one batch of the ledger of its own, and the log hears of it; the engine is opened once."""
    assert ground.opened == 0
    for number in (1, 2):
        ground.at_once(request_set(number))
    assert [decode(entry).id for entry in ground.engine.recorded(LEDGER)] == ["1", "2"]
    assert ground.opened == 1
    applied = [event for event in ground.log.events if isinstance(event, BatchApplied)]
    assert [(event.queue, event.recorded, event.seconds) for event in applied] == [(LEDGER, 1, 0.5)] * 2


def test_others_that_were_faster_are_no_error(ground: Ground) -> None:
    """All processes share the ledger: who comes second tries again at once, but not for longer than a client waits."""
    ground.engine.failures[LEDGER] = [DatabaseConflict("faster")] * 15
    ground.at_once(request_set())
    assert len(ground.engine.batches) == 1
    ground.engine.failures[LEDGER] = [DatabaseConflict("faster")] * 1000
    began = ground.clock.monotonic()
    with pytest.raises(DatabaseConflict):
        ground.at_once(request_set(2))
    assert PATIENCE_SECONDS <= ground.clock.monotonic() - began <= PATIENCE_SECONDS + 1


def test_an_outage_is_told_to_the_client(ground: Ground) -> None:
    """A database that is away is an error at once, and the next request is recorded when it is back."""
    ground.engine.failures[LEDGER] = [DatabaseUnavailable("gone")]
    with pytest.raises(DatabaseUnavailable):
        ground.at_once(request_set())
    ground.at_once(request_set())
    assert ground.opened == 1


def test_tables_that_have_changed_are_looked_at_again(ground: Ground) -> None:
    """After an error of the tables the engine is opened anew."""
    ground.engine.failures[LEDGER] = [SchemaError("no column")]
    with pytest.raises(SchemaError):
        ground.at_once(request_set())
    ground.at_once(request_set())
    assert ground.opened == 2
