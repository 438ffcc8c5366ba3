"""The http engine against a stand-in for Matomo: what arrives, what is written down, and what failures leave behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from qtd.db.transaction import writing
from qtd.errors import (
    BatchRejected,
    DatabaseConflict,
    LockLost,
    MatomoRefuses,
    MatomoUnavailable,
)
from qtd.replay.calls import REFUSED
from qtd.store.audit import audit
from qtd.store.counters import Counters
from qtd.store.retry import Retried
from qtd.wire.request_set import decode
from tests.integration.replay.replaying import NOW, PREFIX, Replaying, entry, urls
from tests.standins import matomo as standin
from tests.standins.matomo import Matomo


def differences(replaying: Replaying) -> int:
    """What does not add up in our own books; rows are Matomo's."""
    counters = Counters(replaying.engine, PREFIX, clock=replaying.clock, days=14)
    found = audit(
        replaying.engine, PREFIX, counters=counters, since=NOW // 60 - 60, others_write=True
    ).differences
    return len(found)


def test_entries_are_delivered_in_order_and_once(replaying: Replaying, matomo: Matomo) -> None:
    """In calls over one connection; what is read again, by the same worker or another, is not sent again."""
    recorder = replaying.recorder
    recorder.probe()
    first = recorder.record(0, [entry(1), entry(2), entry(3)], fence=None)
    assert (first.recorded, first.repeated) == (3, 0)
    again = replaying.another().record(0, [entry(2), entry(3), entry(4)], fence=None)
    assert (again.recorded, again.repeated) == (1, 2)
    assert urls(matomo.recorded) == ["1", "2", "3", "4"]
    assert {call.token for call in matomo.calls} == {standin.TOKEN}
    assert len({call.port for call in matomo.calls}) == 1
    assert differences(replaying) == 0


def test_calls_have_a_largest_size(replaying_with: Callable[..., Replaying], matomo: Matomo) -> None:
    """A batch goes in as many calls as it takes; the requests of one entry stay together, even beyond it."""
    replaying = replaying_with(max_requests=3)
    sets = [
        entry(1),
        entry(2, {"url": "http://example.org/2b"}),
        entry(3),
        entry(4, *({"url": f"http://example.org/4{letter}"} for letter in "bcde")),
        entry(5),
    ]
    result = replaying.recorder.record(0, sets, fence=None)
    assert result.recorded == 10
    assert matomo.sizes() == [3, 1, 5, 1]
    assert urls(matomo.recorded) == ["1", "2", "2b", "3", "4", "4b", "4c", "4d", "4e", "5"]


@pytest.mark.parametrize("engine", ["sqlite", "mariadb"], indirect=True)
def test_what_matomo_refuses_is_kept_alone(replaying: Replaying, matomo: Matomo) -> None:
    """An invalid request goes to the dead letters without the others of its set, which are recorded."""
    bad = {"idsite": "99", "url": "http://example.org/bad"}
    result = replaying.recorder.record(
        0, [entry(1), entry(2, bad, {"url": "http://example.org/2c"}), entry(3, idsite="0")], fence=None
    )
    assert (result.recorded, result.dead) == (3, 2)
    assert urls(matomo.recorded) == ["1", "2", "2c"]
    part, whole = replaying.letters()
    assert (part.cause, part.requests) == (REFUSED, 1)
    kept = decode(part.entry)
    assert [request["url"] for request in kept.requests] == ["http://example.org/bad"]
    assert (kept.server["REMOTE_ADDR"], kept.time, kept.id) == ("198.51.100.7", NOW + 2, "e2.1")
    assert whole.entry == entry(3, idsite="0")
    assert differences(replaying) == 0


def test_what_can_not_be_decoded_is_kept_aside(replaying: Replaying, matomo: Matomo) -> None:
    """With its bytes; the others are delivered."""
    result = replaying.recorder.record(0, [entry(1), b"{broken", entry(2)], fence=None)
    assert (result.recorded, result.dead) == (2, 1)
    assert [letter.entry for letter in replaying.letters()] == [b"{broken"]
    assert urls(matomo.recorded) == ["1", "2"]
    assert differences(replaying) == 0


def test_whoever_opted_out_is_not_sent(replaying: Replaying, matomo: Matomo) -> None:
    """Matomo could not see the visitor's cookie; the rule is counted as with the native engine."""
    result = replaying.recorder.record(
        0, [entry(1, cookies={"matomo_ignore": "ignore=Kg=="}), entry(2)], fence=None
    )
    assert (result.recorded, result.excluded, dict(result.rules)) == (1, 1, {"ignore_cookie": 1})
    assert urls(matomo.sent()) == ["2"]
    assert differences(replaying) == 0


def test_no_request_gains_rights(replaying: Replaying, matomo: Matomo) -> None:
    """What needs a token is sent only with a valid one: nobody may choose addresses and old times under our token."""
    old = str(NOW - 3 * 86400)
    sets = [
        entry(1, cip="203.0.113.5"),
        entry(2, cdt=old),
        entry(3, country="de"),
        entry(4, cip="203.0.113.5", token_auth="0" * 32),
        entry(5, country="de", token="0" * 32),
        entry(6, cip="203.0.113.5", token_auth=standin.TOKEN),
        entry(7, cdt=old, city="Berlin", token=standin.TOKEN),
        entry(8, cdt=str(NOW - 3600)),
    ]
    result = replaying.recorder.record(0, sets, fence=None)
    assert dict(result.rules) == {
        "cip_needs_token": 1,
        "custom_timestamp_needs_token": 1,
        "location_needs_token": 1,
    }
    # Whoever sent a token meant something by it: that is kept until somebody has looked.
    assert [letter.cause for letter in replaying.letters()] == [
        "its token_auth is not known to allow cip",
        "its token_auth is not known to allow a location",
    ]
    told = [
        (request["url"][-1], request["cip"], request["cdt"], request.get("city"))
        for request in matomo.recorded
    ]
    assert told == [
        ("6", "203.0.113.5", str(NOW + 6), None),
        ("7", "198.51.100.7", old, "Berlin"),
        ("8", "198.51.100.7", str(NOW - 3600), None),
    ]
    assert differences(replaying) == 0


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_outage_leaves_everything_where_it_is(replaying: Replaying, matomo: Matomo, status: int) -> None:
    """Nothing is written down, no dead letter made, and the next attempt delivers."""
    matomo.failures = [(status, {}, b"")]
    with pytest.raises(MatomoUnavailable, match=str(status)):
        replaying.recorder.record(0, [entry(1)], fence=None)
    assert (replaying.letters(), matomo.recorded) == ([], [])
    assert replaying.recorder.record(0, [entry(1)], fence=None).recorded == 1


@pytest.mark.parametrize(
    ("failure", "advice"),
    [
        ((401, {}, b""), "another account"),
        ((403, {}, b""), "brute force"),
        ((404, {}, b""), "is there a Matomo at http.url"),
        (
            (301, {"location": "https://new.example/matomo.php?token_auth=x"}, b""),
            "moved to https://new.example/matomo.php$",
        ),
        ((200, {}, b"<html>Welcome</html>"), "BulkTracking"),
        ((200, {}, b"GIF89a"), "BulkTracking"),
        ((200, {}, b'{"status":"success","tracked":0,"invalid":1}'), "no super user's"),
        ((200, {}, b'{"status":"success","tracked":0,"invalid":1,"invalid_indices":[7]}'), "do not fit"),
        ((204, {}, b""), "tracking API"),
    ],
)
def test_what_somebody_has_to_change_is_said(
    replaying: Replaying, matomo: Matomo, failure: tuple[int, dict[str, str], bytes], advice: str
) -> None:
    """It is no reason to give up a single entry."""
    matomo.failures = [failure]
    with pytest.raises(MatomoRefuses, match=advice):
        replaying.recorder.record(0, [entry(1)], fence=None)
    assert replaying.letters() == []
    assert replaying.recorder.record(0, [entry(1)], fence=None).recorded == 1


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({"super_user": "another", "writer": standin.TOKEN}, "no super user's"),
        ({"super_user": "another"}, "no super user's"),
        ({"records": False}, "does not record"),
    ],
)
def test_the_probe_finds_a_matomo_that_will_not_do(
    replaying: Replaying, matomo: Matomo, known: dict[str, object], message: str
) -> None:
    """Before anything is sent: with a token that only may write nobody would learn which requests were invalid."""
    for name, value in known.items():
        setattr(matomo, name, value)
    with pytest.raises(MatomoUnavailable, match=message):
        replaying.recorder.probe()
    assert matomo.sent() == []


def test_requests_that_matomo_drops_are_sent_again(replaying: Replaying, matomo: Matomo) -> None:
    """It answers success after waiting for a lock in vain, and counts fewer: at least once is what we promise."""
    matomo.drops = 1
    with pytest.raises(MatomoUnavailable, match="took 1 of 2"):
        replaying.recorder.record(0, [entry(1), entry(2)], fence=None)
    matomo.drops = 0
    assert replaying.recorder.record(0, [entry(1), entry(2)], fence=None).recorded == 2
    assert urls(matomo.recorded) == ["1", "1", "2"]


def test_a_request_that_matomo_fails_over_is_found(replaying: Replaying, matomo: Matomo) -> None:
    """When a batch is rejected for the second time it is searched; the others are recorded once, in order."""
    matomo.trips_over = lambda request: request.get("url", "").endswith(("/3", "/8"))
    batch = [entry(number) for number in range(1, 12)]
    with pytest.raises(BatchRejected, match="500"):
        replaying.recorder.record(0, batch, fence=None)
    assert matomo.sizes() == [11]
    result = replaying.recorder.record(0, batch, fence=None)
    assert (result.recorded, result.dead) == (9, 2)
    assert urls(matomo.recorded) == [str(number) for number in range(1, 12) if number not in (3, 8)]
    assert [letter.entry for letter in replaying.letters()] == [batch[2], batch[7]]
    assert {letter.cause for letter in replaying.letters()} == {
        "Matomo fails over it alone: it answers 500 (Internal Server Error); its own log says why"
    }
    assert replaying.recorder.record(0, batch, fence=None).repeated == 11
    assert differences(replaying) == 0


def test_an_outage_that_looks_like_failing_requests_makes_no_dead_letters(
    replaying: Replaying, matomo: Matomo
) -> None:
    """While Matomo fails over everything nobody is given up, however often; the search has an end."""
    matomo.trips_over = bool
    batch = [entry(number) for number in range(40)]
    for _ in range(6):
        with pytest.raises(BatchRejected):
            replaying.recorder.record(0, batch, fence=None)
    assert (replaying.letters(), matomo.recorded) == ([], [])
    matomo.trips_over = lambda _request: False
    assert replaying.recorder.record(0, batch, fence=None).recorded == 40


def test_a_lone_request_is_given_up_when_others_have_come(replaying: Replaying, matomo: Matomo) -> None:
    """Alone in its queue it may be the victim of an outage; it waits, and holds up nobody who comes later."""
    matomo.trips_over = lambda request: request.get("url", "").endswith("/1")
    for _ in range(3):
        with pytest.raises(BatchRejected):
            replaying.recorder.record(0, [entry(1)], fence=None)
    assert replaying.letters() == []
    result = replaying.recorder.record(0, [entry(1), entry(2)], fence=None)
    assert (result.recorded, result.dead) == (1, 1)


def test_one_that_others_have_overtaken_is_given_up(replaying: Replaying, matomo: Matomo) -> None:
    """Also by a worker that did not see them pass: they are in the ledger, and it is still before them."""
    recorder = replaying.recorder
    recorder.record(0, [entry(2), entry(3)], fence=None)
    matomo.trips_over = lambda request: request.get("url", "").endswith("/1")
    restarted, batch = replaying.another(), [entry(1), entry(2), entry(3)]
    with pytest.raises(BatchRejected):
        restarted.record(0, batch, fence=None)
    result = restarted.record(0, batch, fence=None)
    assert (result.dead, result.repeated) == (1, 2)


def test_a_request_that_is_too_large_does_not_stop_the_others(replaying: Replaying, matomo: Matomo) -> None:
    """The server's limit for bodies is found by halving at once; what is beyond it alone is kept aside."""
    matomo.most_bytes = 3_000
    batch = [entry(1), entry(2, action_name="x" * 5_000), *(entry(number) for number in range(3, 13))]
    result = replaying.recorder.record(0, batch, fence=None)
    assert (result.recorded, result.dead) == (11, 1)
    assert urls(matomo.recorded) == ["1", *map(str, range(3, 13))]
    assert "413" in replaying.letters()[0].cause
    assert differences(replaying) == 0


def test_calls_that_time_out_become_smaller(replaying_with: Callable[..., Replaying], matomo: Matomo) -> None:
    """A server that is too slow for a whole call is asked for less, until it answers in time."""
    replaying = replaying_with(timeout_seconds=30)
    batch = [entry(number) for number in range(8)]

    def slow() -> None:
        if len(matomo.calls[-1].requests) > 2:
            replaying.clock.advance(31)  # what arrives is late by our clock

    matomo.before_answer = slow
    for _ in range(2):
        with pytest.raises(MatomoUnavailable, match=r"no answer within 30 s"):
            replaying.recorder.record(0, batch, fence=None)
    assert replaying.recorder.record(0, batch[:2], fence=None).recorded == 2
    assert matomo.sizes() == [8, 4, 2]


def test_whoever_lost_the_queue_sends_nothing(replaying: Replaying, matomo: Matomo) -> None:
    """The fence is looked at before a call, which could not be taken back."""
    mine = replaying.recorder.fence(0)
    replaying.another().fence(0)
    with pytest.raises(LockLost):
        replaying.recorder.record(0, [entry(1)], fence=mine)
    assert matomo.calls == []


def test_what_was_delivered_is_not_sent_again_while_its_note_fails(
    replaying: Replaying, matomo: Matomo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away after the call does not make it twice, as long as the worker lives."""
    with writing(replaying.engine) as connection:
        connection.execute(text(f"ALTER TABLE {PREFIX}qtd_ledger_batch RENAME TO {PREFIX}away"))

    def failing(*_given: object, **_named: object) -> None:
        raise DatabaseConflict

    with monkeypatch.context() as patched:
        patched.setattr("qtd.replay.accounts.Accounts._write", failing)
        patched.setattr("qtd.store.ledger.Ledger.applied", lambda *_: set())
        with pytest.raises(DatabaseConflict):
            replaying.recorder.record(0, [entry(1)], fence=None)
    with writing(replaying.engine) as connection:
        connection.execute(text(f"ALTER TABLE {PREFIX}away RENAME TO {PREFIX}qtd_ledger_batch"))
    assert replaying.recorder.record(0, [entry(1)], fence=None).recorded == 1
    assert urls(matomo.recorded) == ["1"]


@pytest.mark.parametrize("engine", ["sqlite", "mariadb"], indirect=True)
def test_dead_letters_are_sent_again(replaying: Replaying, matomo: Matomo) -> None:
    """A letter whose site exists by now is recorded at its own time and gone; one that is refused again stays."""
    replaying.recorder.record(
        0, [entry(1, idsite="10"), entry(2, idsite="11"), entry(3, cip="203.0.113.5", token="x")], fence=None
    )
    matomo.sites |= {10}
    retry = replaying.retry()
    assert [retry.retry(letter) for letter in replaying.letters()] == [
        Retried.APPLIED,
        Retried.DEAD,
        Retried.DEAD,
    ]
    assert [(urls([one])[0], one["cdt"]) for one in matomo.recorded] == [("1", str(NOW + 1))]
    assert [(decode(letter.entry).id, letter.attempts) for letter in replaying.letters()] == [
        ("e2", 2),
        ("e3", 2),
    ]
    assert differences(replaying) == 0
