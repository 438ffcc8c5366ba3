"""Passwords that are rotated and tables that change under a running worker."""

from __future__ import annotations

import pytest

from qtd.errors import (
    ConfigurationError,
    DatabaseConflict,
    DatabaseUnavailable,
    MatomoRefuses,
    QtdError,
    SchemaError,
)
from qtd.worker.recorder import Recorder
from qtd.worker.reopen import ReopenedRecorder
from tests.fake_clock import FakeClock
from tests.unit.worker.engines import RecordingEngine


@pytest.mark.parametrize("error", [ConfigurationError("1045: Access denied"), SchemaError("1054: no column")])
def test_a_worker_goes_on_when_account_or_tables_have_changed(error: QtdError) -> None:
    """The batch is done again, as after an outage, by an engine that was opened anew; also when that fails at first."""
    before, after = RecordingEngine(FakeClock()), RecordingEngine(FakeClock())
    before.failures[0] = [error]
    attempts: list[QtdError | Recorder] = [ConfigurationError("1045: still denied"), after]

    def reopen() -> Recorder:
        found = attempts.pop(0)
        if isinstance(found, QtdError):
            raise found
        return found

    recorder = ReopenedRecorder(before, reopen)
    with pytest.raises(DatabaseUnavailable, match=str(error)):
        recorder.record(0, [b"a"], fence=None)
    with pytest.raises(DatabaseUnavailable, match="still denied"):
        recorder.fence(0)
    assert recorder.fence(0) == 1
    assert recorder.record(0, [b"a"], fence=None).recorded == 1
    assert recorder.record(0, [b"b"], fence=None).recorded == 1
    assert after.recorded(0) == [b"a", b"b"]
    assert before.batches == []


def test_what_passes_opens_nothing() -> None:
    """A conflict or an outage is the loop's; the engine stays."""
    engine = RecordingEngine(FakeClock())
    engine.failures[0] = [DatabaseConflict("deadlock"), DatabaseUnavailable("gone")]

    def reopen() -> Recorder:
        raise AssertionError("opened anew")

    recorder = ReopenedRecorder(engine, reopen)
    with pytest.raises(DatabaseConflict):
        recorder.record(0, [b"a"], fence=None)
    with pytest.raises(DatabaseUnavailable):
        recorder.record(0, [b"a"], fence=None)
    assert recorder.record(0, [b"a"], fence=None).recorded == 1


def test_a_matomo_that_refuses_is_asked_anew_with_the_token_as_it_is_then() -> None:
    """It is an outage of Matomo, and called so."""
    before, after = RecordingEngine(FakeClock()), RecordingEngine(FakeClock())
    before.failures[0] = [MatomoRefuses("no super user's")]
    recorder = ReopenedRecorder(before, lambda: after)
    with pytest.raises(MatomoRefuses):
        recorder.record(0, [b"a"], fence=None)
    assert recorder.record(0, [b"a"], fence=None).recorded == 1
    assert after.recorded(0) == [b"a"]
