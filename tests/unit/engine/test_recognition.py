from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.recognition import Windows, begins_new_visit, last_visit
from qtd.engine.request import TrackingRequest
from qtd.engine.site import Site
from qtd.engine.visit import Visit
from qtd.engine.visitor import KnownVisits
from tests.tracker import SITE, settings
from tests.tracking import NOW, visit

WINDOWS = Windows(visit_length=1800, look_back=1800)
MINE, OTHER = b"\xaa" * 8, b"\xbb" * 8
DEVICE = b"device"


def asked(
    site: Site = SITE, *, at: int = NOW, tracker: dict[str, str] | None = None, **params: Any
) -> TrackingRequest:
    """A request with these parameters under these [Tracker] values."""
    return TrackingRequest(
        {"idsite": "1", "rec": "1", **params},
        server={},
        cookies={},
        token_auth="",
        entry_time=at,
        settings=settings(site, tracker=tracker),
    )


def seen(*, at: int = NOW - 60, idvisitor: bytes = OTHER, **columns: Any) -> Visit:
    """A visit of another visitor with the same device, a minute ago."""
    row = {"idvisitor": idvisitor, "config_id": DEVICE, "user_id": None, "visit_last_action_time": at}
    return visit(1, visit_total_actions=3, **{**row, **columns})


def found(request: TrackingRequest, *visits: Visit) -> Visit | None:
    """The last visit of whoever sent the request."""
    return last_visit(request, request.visitor_id, DEVICE, KnownVisits(visits), WINDOWS)


def test_windows_of_the_settings() -> None:
    """The look-back counts only where it is longer than a visit."""
    longer = {"visit_standard_length": "60", "window_look_back_for_visitor": "86400"}
    assert Windows.of(settings(tracker=longer)) == Windows(visit_length=60, look_back=86400)
    shorter = {"visit_standard_length": "60", "window_look_back_for_visitor": "5"}
    assert Windows.of(settings(tracker=shorter)) == Windows(visit_length=60, look_back=60)


def test_the_identifier_goes_before_the_device() -> None:
    """However long ago he was here; without him the device decides, within its window."""
    his, same_device = seen(at=NOW - 10**6, idvisitor=MINE), seen()
    assert found(asked(_id="a" * 16), his, same_device) is his
    assert found(asked(_id="c" * 16), his, same_device) is same_device
    assert found(asked(), same_device) is same_device
    assert found(asked(), seen(at=NOW - 1801)) is None
    assert found(asked(), seen(at=NOW + 1801)) is None


@pytest.mark.parametrize(
    ("params", "tracker", "site", "by_device"),
    [
        ({"_id": "c" * 16}, {}, SITE, True),
        ({"_id": "c" * 16}, {"trust_visitors_cookies": "1"}, SITE, False),
        ({"_id": "c" * 16}, {}, Site(idsite=1, urls=(), type="intranet"), False),
        ({"cid": "c" * 16}, {}, SITE, False),
        ({"cid": "c" * 16, "uid": "bob"}, {}, SITE, True),
        ({"_id": "c" * 16, "uid": "bob"}, {"trust_visitors_cookies": "1"}, SITE, False),
        ({}, {"trust_visitors_cookies": "1"}, SITE, True),
    ],
)
def test_when_the_identifier_must_match(
    params: dict[str, Any],
    tracker: dict[str, str],
    site: Site,
    by_device: bool,  # noqa: FBT001
) -> None:
    """With trusted cookies, on intranets, and with a forced identifier unless there is a user."""
    assert (found(asked(site, tracker=tracker, **params), seen()) is not None) is by_device


@pytest.mark.parametrize(("limit", "full"), [("3", True), ("4", False), ("0", False), ("-1", False)])
def test_a_full_visit_is_not_known(limit: str, full: bool) -> None:  # noqa: FBT001
    """Then its visitor is a new one."""
    request = asked(tracker={"create_new_visit_after_x_actions": limit})
    assert (found(request, seen()) is None) is full


def begins(last: Visit | None, **more: Any) -> bool:
    """Whether a request begins a new visit."""
    return begins_new_visit(asked(**more), last, WINDOWS)


def test_a_visit_ends_after_its_length() -> None:
    """At that very second, and when `new_visit` says so."""
    assert begins(None)
    assert begins(seen(at=NOW - 1800))
    assert not begins(seen(at=NOW - 1799))
    assert begins(seen(), new_visit="1")
    assert not begins(seen(), new_visit="0")


def test_midnight_is_the_sites() -> None:
    """A visit that crosses it ends, unless the settings let it go on."""
    kiritimati = Site(idsite=1, urls=(), timezone="Pacific/Kiritimati")  # NOW is its midnight
    assert begins(seen(at=NOW - 1), site=kiritimati)
    assert not begins(seen(at=NOW), site=kiritimati)
    assert not begins(seen(at=NOW - 1), site=kiritimati, tracker={"create_new_visit_after_midnight": "0"})
    assert not begins(seen(at=NOW - 1))


def test_another_user_begins_a_visit_where_users_are_no_visitors() -> None:
    """Both must be known, and one that is "0" is not."""
    apart = {"enable_userid_overwrites_visitorid": "0"}
    assert begins(seen(user_id="bob"), tracker=apart, uid="eve")
    assert begins(seen(user_id="bob"), tracker=apart, uid="Bob")
    assert not begins(seen(user_id="bob"), tracker=apart, uid="bob")
    assert not begins(seen(user_id="bob"), tracker=apart)
    assert not begins(seen(user_id="bob"), tracker=apart, uid="0")
    assert not begins(seen(), tracker=apart, uid="eve")
    assert not begins(seen(user_id="bob"), uid="eve")
