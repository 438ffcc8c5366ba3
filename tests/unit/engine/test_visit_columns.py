from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.device import Device
from qtd.engine.invalid import InvalidRequest
from qtd.engine.visit import Visit
from qtd.engine.visit_columns import changes_of_existing_visit, columns_of_new_visit, local_time, time_spent
from tests.tracking import NOW, page_view, request, visit


def new(**params: Any) -> dict[str, Any]:
    """The columns of a new visitor's visit."""
    return columns_of_new_visit(request(**params), Device(os="LIN"), page_view(), None)


def going_on(**columns: Any) -> Visit:
    """A visit that began a minute ago."""
    row = {
        "visit_first_action_time": NOW - 60,
        "visit_last_action_time": NOW - 10,
        "profilable": 0,
        "user_id": None,
        "visit_total_actions": 1,
        "visit_total_interactions": 1,
        "visit_entry_idaction_url": 1,
    }
    return visit(1, **{**row, **columns})


def changes(before: Visit | None = None, **params: Any) -> dict[str, Any]:
    """What a page view changes of a visit that goes on."""
    return changes_of_existing_visit(request(**params), before or going_on(), page_view())


def test_a_new_visit() -> None:
    """Times, device and pages; a visitor with an identifier has a profile."""
    columns = new(_id="a" * 16, res="1920x1080", lang="de-at")
    assert columns["idsite"] == 1
    assert columns["visit_first_action_time"] == columns["visit_last_action_time"] == NOW
    assert columns["visit_total_time"] == 0
    assert columns["profilable"] == 1
    assert columns["config_resolution"] == "1920x1080"
    assert columns["location_browser_lang"] == "de-at"
    assert columns["config_os"] == "LIN"
    assert columns["visit_total_actions"] == 1
    assert columns["visitor_returning"] == 0
    assert new()["profilable"] == 0


@pytest.mark.parametrize(("res", "stored"), [("", "unknown"), ("0", "0"), ("12345x67890", "12345x678")])
def test_resolutions(res: str, stored: str) -> None:
    """Nine bytes of whatever is sent."""
    assert new(res=res)["config_resolution"] == stored


@pytest.mark.parametrize(
    ("flag", "stored"), [("1", 1), ("127", 127), ("-128", -128), ("abc", 0), ("128", None)]
)
def test_plugins(flag: str, stored: int | None) -> None:
    """A number of one byte with its sign; the statement that makes a visit fails on more."""
    if stored is None:
        with pytest.raises(InvalidRequest, match="plugin"):
            new(fla=flag)
    else:
        assert new(fla=flag)["config_flash"] == stored


def test_a_resolution_cut_within_a_character_is_refused() -> None:
    """No column takes it."""
    with pytest.raises(InvalidRequest):
        new(res="12345678\u00d7")


def test_users() -> None:
    """Two hundred characters are kept; "0" is a user, the empty text is none."""
    assert new(uid="\u00e4" * 201)["user_id"] == "\u00e4" * 200
    assert new(uid="0")["user_id"] == "0"
    assert new(uid="")["user_id"] is None
    assert changes(uid="0")["user_id"] == "0"
    assert "user_id" not in changes()


def test_plugins_are_flags() -> None:
    """What is not sent is 0."""
    columns = new(pdf="1", cookie="1", fla="x")
    assert (columns["config_pdf"], columns["config_cookie"], columns["config_flash"]) == (1, 1, 0)


def test_an_order_makes_a_customer() -> None:
    """At the beginning and later; "0" is no order."""
    assert new(ec_id="A1")["visitor_seconds_since_order"] == 0
    assert new(ec_id="0")["visitor_seconds_since_order"] is None
    assert changes(ec_id="A1")["visitor_seconds_since_order"] == 0
    assert "visitor_seconds_since_order" not in changes(ec_id="0")


def test_a_visit_goes_on() -> None:
    """Its length counts the last second too."""
    found = changes()
    assert found["visit_total_time"] == 61
    assert found["visit_last_action_time"] == NOW
    assert found["visit_total_actions"] == 2
    assert "idvisitor" not in found


def test_a_late_request_moves_nothing_back() -> None:
    """Neither the last action's time, nor the length below zero."""
    found = changes(going_on(visit_first_action_time=NOW + 5, visit_last_action_time=NOW + 9))
    assert found["visit_last_action_time"] == NOW + 9
    assert found["visit_total_time"] == 0


def test_a_ping_prolongs_the_length_only() -> None:
    """It is no action."""
    found = changes_of_existing_visit(request(ping="1"), going_on(), None)
    assert found == {"profilable": 0, "visit_total_time": 61}


def test_an_identifier_takes_the_visit_over() -> None:
    """And a profile, once there, stays."""
    found = changes(_id="a" * 16)
    assert (found["idvisitor"], found["profilable"]) == (b"\xaa" * 8, 1)
    assert changes(going_on(profilable=1))["profilable"] == 1


@pytest.mark.parametrize(("now", "seconds"), [(NOW - 20, 0), (NOW, 10), (NOW + 5000, 1800)])
def test_time_spent_on_the_action_before(now: int, seconds: int) -> None:
    """Not negative, and not longer than a visit."""
    assert time_spent(going_on(), now, 1800) == seconds


@pytest.mark.parametrize(
    ("params", "time"),
    [
        ({}, "10:00:00"),
        ({"h": "7", "m": "5", "s": "9"}, "07:05:09"),
        ({"h": "24", "m": "60", "s": "-1"}, "00:00:00"),
        ({"h": "x", "m": ""}, "10:00:00"),
        ({"h": "012"}, "12:00:00"),
    ],
)
def test_the_visitors_own_time(params: dict[str, Any], time: str) -> None:
    """What is out of range is 0, what is missing is the server's in UTC (which is ten o'clock)."""
    assert local_time(request(**params)) == time
