from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine

from qtd.config.keep import Keep
from qtd.engine.device import Device
from qtd.engine.location_provider import NoLocations
from qtd.engine.outside import Outside
from qtd.engine.referrer_recognition import ReferrerLists
from qtd.engine.site import Site
from qtd.errors import DatabaseConflict, DatabaseRefused
from qtd.store.dead_letters import DeadLetters, Selection
from qtd.store.native import NativeRecorder
from qtd.store.recorder import Recorder
from qtd.store.remarks import RemarkWriter
from qtd.store.salts import StoredSalts
from qtd.store.settings.load import Configured
from qtd.store.settings.source import SettingsSource
from tests.fake_clock import FakeClock
from tests.integration.store.rows import NOW, add_site, rows


class NoDevices:
    """Detects nothing; an agent named "bug" makes it fail."""

    def detect(self, user_agent: str, client_hints: object = None) -> Device:  # noqa: ARG002 - as DeviceDetector
        """An unknown device."""
        if user_agent == "bug":
            raise ZeroDivisionError(user_agent)
        return Device()


def native(engine: Engine, *, clock: FakeClock | None = None, keep: Keep | None = None) -> NativeRecorder:
    """The native engine with one site, as one worker has it."""
    clock = clock or FakeClock()
    site = Site(idsite=1, urls=("http://example.org",))
    settings = SettingsSource(engine, "m_", configured=lambda: Configured(sites={1: site}), clock=clock)
    outside = Outside(
        devices=NoDevices(),  # type: ignore[arg-type]
        referrer_lists=ReferrerLists(),
        locate=NoLocations(),
        salts=StoredSalts(engine, "m_", clock=clock),
        random=Random(1),
    )
    return NativeRecorder(engine, "m_", settings=settings, outside=outside, clock=clock, keep=keep or Keep())


def entry(number: int, *, site: int = 1, agent: str = "", **params: Any) -> bytes:
    """A stored entry with one page view of visitor `number`."""
    request: Mapping[str, Any] = {
        "idsite": str(site),
        "rec": "1",
        "url": f"http://example.org/{number}",
        "_id": f"{number:016x}",
        **params,
    }
    return orjson.dumps(
        {
            "requests": [request],
            "env": {"server": {"REMOTE_ADDR": "198.51.100.7", "HTTP_USER_AGENT": agent}, "cookie": []},
            "tokenAuth": False,
            "time": NOW + number,
            "id": f"e{number}",
        }
    )


def pages(engine: Engine) -> list[str]:
    """The pages that were recorded, in the order of their rows."""
    found = rows(
        engine,
        "SELECT a.name FROM m_log_link_visit_action l JOIN m_log_action a ON a.idaction = l.idaction_url"
        " ORDER BY l.idlink_va",
    )
    return [name.rpartition("/")[2] for (name,) in found]


def test_entries_become_rows_once(engine: Engine) -> None:
    """A batch that is read again, whole or in part, by the same worker or another, adds only what is new."""
    one, other = native(engine), native(engine)
    first = one.record(0, [entry(1), entry(2)], fence=None)
    assert (first.recorded, first.repeated) == (2, 0)
    again = other.record(0, [entry(1), entry(2), entry(3)], fence=None)
    assert (again.recorded, again.repeated) == (1, 2)
    assert one.record(0, [entry(3)], fence=None).repeated == 1
    assert pages(engine) == ["1", "2", "3"]


def test_the_same_entry_twice_in_a_batch_is_recorded_once(engine: Engine) -> None:
    """A broker may hold an entry twice, if a push was repeated."""
    result = native(engine).record(0, [entry(1), entry(1)], fence=None)
    assert (result.recorded, result.repeated) == (1, 1)
    assert pages(engine) == ["1"]


def test_what_can_not_be_decoded_is_kept_aside(engine: Engine) -> None:
    """With its bytes and the cause; the rest of the batch is recorded, and it is not tried again."""
    recorder = native(engine)
    result = recorder.record(0, [entry(1), b"{broken", entry(2)], fence=None)
    assert (result.recorded, result.dead) == (2, 1)
    assert result.dead_entries[0][1].startswith("the entry is not JSON")
    assert [letter.entry for letter in DeadLetters(engine, "m_").select(Selection())] == [b"{broken"]
    assert recorder.record(0, [b"{broken"], fence=None).repeated == 1
    assert pages(engine) == ["1", "2"]


def test_an_entry_that_trips_a_bug_does_not_stop_the_others(engine: Engine) -> None:
    """It is found by halving, in order; its cause names the error and quotes nothing."""
    batch = [entry(number, agent="bug" if number in (3, 8) else "") for number in range(1, 12)]
    result = native(engine).record(0, batch, fence=None)
    assert (result.recorded, result.dead) == (9, 2)
    assert pages(engine) == [str(number) for number in range(1, 12) if number not in (3, 8)]
    letters = list(DeadLetters(engine, "m_").select(Selection()))
    assert [letter.entry for letter in letters] == [batch[2], batch[7]]
    (cause,) = {letter.cause for letter in letters}
    assert cause.startswith("ZeroDivisionError at qtd/engine/")


def test_what_the_database_refuses_is_isolated_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the database that repeating does not cure has the same end as one of ours."""
    write = Recorder.write

    def refusing(self: Recorder, connection: Any, plan: Any, *, now: float) -> None:
        write(self, connection, plan, now=now)
        if any(name.endswith("/5") for _, name in plan.actions):
            raise DatabaseRefused("1366: incorrect value")

    monkeypatch.setattr(Recorder, "write", refusing)
    result = native(engine).record(0, [entry(number) for number in range(1, 9)], fence=None)
    assert (result.recorded, result.dead) == (7, 1)
    assert pages(engine) == ["1", "2", "3", "4", "6", "7", "8"]


def test_transient_errors_are_passed_on_and_leave_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deadlock is never a reason for a dead letter; the same batch succeeds afterwards."""
    recorder = native(engine)
    with monkeypatch.context() as patch:

        def deadlock(*_: object, **__: object) -> None:
            raise DatabaseConflict

        patch.setattr(RemarkWriter, "write", deadlock)
        with pytest.raises(DatabaseConflict):
            recorder.record(0, [entry(1), b"{broken"], fence=None)
    assert pages(engine) == []
    assert DeadLetters(engine, "m_").count() == 0
    assert recorder.record(0, [entry(1), b"{broken"], fence=None).recorded == 1
    assert pages(engine) == ["1"]


def test_numbers_add_up(engine: Engine) -> None:
    """Recorded, excluded, dead and repeated are together the requests of the batch."""
    two = orjson.loads(entry(1))
    two["requests"] += [{"idsite": "99", "rec": "1"}]
    batch = [orjson.dumps(two), entry(2, site=98), entry(3), b"x", entry(3)]
    result = native(engine).record(0, batch, fence=None)
    assert (result.recorded, result.excluded, result.dead, result.repeated) == (2, 2, 1, 1)


def test_settings_are_read_again_when_their_time_is_over(engine: Engine) -> None:
    """A site that is added to the database is known within tracker_cache_file_ttl."""
    clock = FakeClock()
    source = SettingsSource(engine, "m_", configured=Configured, clock=clock)
    before = source.current()
    assert before.sites == {}
    add_site(engine, 7)
    clock.advance(299)
    assert source.current() is before
    clock.advance(1)
    after = source.current()
    assert list(after.sites) == [7]
    clock.advance(300)
    assert source.current() is after


def test_a_broker_in_an_earlier_state_offers_nothing_new(engine: Engine) -> None:
    """What was recorded an hour's worth of batches ago is dropped, by a worker that has just started, too."""
    clock = FakeClock()
    recorder = native(engine, clock=clock)
    fence = recorder.fence(0)
    batches = [[entry(number), entry(number + 1)] for number in range(0, 120, 2)]
    for batch in batches:
        recorder.record(0, batch, fence=fence)
        clock.advance(59)
    before = pages(engine)
    later = native(engine, clock=clock)
    result = later.record(0, [one for batch in batches for one in batch], fence=later.fence(0))
    assert (result.recorded, result.repeated) == (0, 120)
    assert pages(engine) == before
