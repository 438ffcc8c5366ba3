"""Settings that are always there at once."""

from __future__ import annotations

import threading

import pytest

from qtd.engine.settings import Settings
from qtd.errors import DatabaseUnavailable, QtdError
from qtd.log.events.process import Reached
from qtd.log.events.store import SettingsKept
from qtd.store.settings.kept import KeptSettings
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog


class Source:
    """Settings as a test gives them."""

    def __init__(self) -> None:
        self.now: Settings | QtdError = Settings(salt="first")
        self.asked = 0

    def current(self) -> Settings:
        """Give them."""
        self.asked += 1
        if isinstance(self.now, QtdError):
            raise self.now
        return self.now


class Ground:
    """Kept settings with all around them."""

    def __init__(self) -> None:
        self.clock, self.log, self.source = FakeClock(), KeptLog(), Source()
        self.kept = KeptSettings(
            self.source, server="db:3306/matomo", clock=self.clock, logger=self.log, look_seconds=5
        )

    def look(self) -> None:
        """Let the time for a look come, and the look be over."""
        self.clock.advance(5)
        self.kept.current()
        for thread in threading.enumerate():
            if thread.name == "settings":
                thread.join(20)


@pytest.fixture
def ground() -> Ground:
    """Give settings that were read once."""
    return Ground()


def test_nobody_waits_for_the_database(ground: Ground) -> None:
    """Requests get what was read before; the database is asked in the background, and no oftener than said."""
    for _ in range(100):
        assert ground.kept.current().salt == "first"
    assert ground.source.asked == 1
    ground.source.now = Settings(salt="second")
    ground.look()
    assert ground.kept.current().salt == "second"
    assert ground.source.asked == 2


def test_an_outage_is_told_once_and_its_end_once(ground: Ground) -> None:
    """While the database is away the old settings stay in force; twelve looks a minute are not twelve lines."""
    ground.source.now = DatabaseUnavailable("gone")
    for _ in range(3):
        ground.look()
        assert ground.kept.current().salt == "first"
    assert ground.log.events == [SettingsKept(cause="gone")]
    ground.source.now = Settings(salt="second")
    ground.look()
    ground.look()
    assert ground.kept.current().salt == "second"
    assert ground.log.events[1:] == [Reached(waits_for="settings", server="db:3306/matomo", seconds=15.0)]


def test_the_first_ones_must_be_there() -> None:
    """Without any settings there is nothing to keep: whoever opens hears why."""
    source = Source()
    source.now = DatabaseUnavailable("gone")
    with pytest.raises(DatabaseUnavailable):
        KeptSettings(source, server="", clock=FakeClock(), logger=KeptLog())


def test_a_machine_without_threads_keeps_the_settings(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That no thread can be started is no request's fault; later it is tried again."""

    def no_more(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_more)
        ground.look()
    ground.source.now = Settings(salt="second")
    ground.look()
    assert ground.kept.current().salt == "second"
