from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.authentication import hash_token
from qtd.engine.invalid import InvalidRequest, UnknownSite
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import Settings
from tests.tracker import settings
from tests.tracking import NOW

TOKEN = "c0ffee"


def asked(
    raw: dict[str, Any],
    *,
    server: dict[str, Any] | None = None,
    token: str = "",
    now: float | None = None,
    under: Settings | None = None,
    **tracker: str,
) -> TrackingRequest:
    """A request, of a client at 198.51.100.7."""
    known = frozenset({hash_token(TOKEN, "")})
    return TrackingRequest(
        raw,
        server={"REMOTE_ADDR": "198.51.100.7", **(server or {})},
        cookies={},
        token_auth=token,
        entry_time=NOW,
        settings=under or settings(tracker=tracker, super_user_tokens=known),
        now=now,
    )


def refusal(request: TrackingRequest, attribute: str) -> str:
    """Why an attribute can not be had."""
    with pytest.raises(InvalidRequest) as caught:
        getattr(request, attribute)
    return caught.value.reason


def test_an_image_on_a_page_has_the_page_as_its_address() -> None:
    """When it says neither address nor referrer; "0" is empty, and what was sent stays as it was."""
    referer = {"HTTP_REFERER": "http://example.org/p"}
    request = asked({"idsite": "1"}, server=referer)
    assert request.url == "http://example.org/p"
    assert request.raw == {"idsite": "1"}
    assert asked({"url": "0", "urlref": "0"}, server=referer).url == "http://example.org/p"
    assert asked({"urlref": "x"}, server=referer).url == ""
    assert asked({"url": "x"}, server=referer).url == "x"


@pytest.mark.parametrize("idsite", ["2", "0", "-1", "abc", "", None, ["1"], "1.5"])
def test_a_site_that_does_not_exist(idsite: Any) -> None:
    """Whatever it is called."""
    with pytest.raises(UnknownSite):
        _ = asked({"idsite": idsite}).site


def test_the_token_of_the_set_goes_first() -> None:
    """Without it the request's own counts; where nobody has to authenticate, none does."""
    assert asked({"idsite": "1"}, token=TOKEN).authenticated
    assert asked({"idsite": "1", "token_auth": TOKEN}).authenticated
    assert not asked({"idsite": "1", "token_auth": TOKEN}, token="wrong").authenticated
    assert not asked({"idsite": "1"}).authenticated
    assert not asked({"idsite": "9"}, token=TOKEN).authenticated
    assert asked({"idsite": "1"}, tracking_requests_require_authentication="0").authenticated


@pytest.mark.parametrize(
    ("params", "seconds"),
    [
        ({}, 0),
        ({"cdt": str(NOW - 86399)}, -86399),
        ({"cdt": "2026-11-10 09:59:00"}, -60),
        ({"cdo": "60"}, -60),
        ({"cdo": "-60"}, -60),
        ({"cdt": str(NOW - 10), "cdo": "60"}, -70),
        ({"cdt": "0", "cdo": "60"}, -60),
        ({"cdt": "garbage"}, 0),
        ({"cdt": str(NOW + 1)}, 0),
        ({"cdt": str(NOW - 20 * 365 * 86400)}, 0),
        ({"cdt": f"{NOW - 1}.9"}, -1),
    ],
)
def test_times(params: dict[str, str], seconds: int) -> None:
    """`cdt` less `cdo`, as far as it lies in the last twenty years; else when it was accepted."""
    assert asked({"idsite": "1", **params}).timestamp - NOW == seconds


def test_an_old_time_needs_a_token() -> None:
    """From a day back, or whatever the setting says."""
    old = {"idsite": "1", "cdt": str(NOW - 86400)}
    assert refusal(asked(old), "timestamp") == "custom_timestamp_needs_token"
    assert asked(old, token=TOKEN).timestamp == NOW - 86400
    window = {"tracking_requests_require_authentication_when_custom_timestamp_newer_than": "86401"}
    assert asked(old, under=settings(tracker=window)).timestamp == NOW - 86400


def test_a_relative_time_starts_from_the_replay() -> None:
    """Matomo reads it then; what comes out must still not be later than the request."""
    assert asked({"idsite": "1", "cdt": "-1 hour"}, now=NOW + 600).timestamp == NOW - 3000
    assert asked({"idsite": "1", "cdt": "-1 minute"}, now=NOW + 600).timestamp == NOW


def test_data_that_would_be_deleted_is_refused() -> None:
    """Where raw data is deleted after some days."""
    options = {
        "delete_logs_enable": "1",
        "delete_logs_older_than": "30",
        "delete_logs_schedule_lowest_interval": "1",
    }
    known = frozenset({hash_token(TOKEN, "")})
    under = settings(options=options, super_user_tokens=known)
    old = asked({"idsite": "1", "cdt": str(NOW - 32 * 86400)}, token=TOKEN, under=under)
    assert refusal(old, "timestamp") == "custom_timestamp_too_old"


def test_a_given_address_needs_a_token() -> None:
    """Without one the client's own counts, and "0" is none."""
    assert asked({"idsite": "1"}).address == "198.51.100.7"
    assert asked({"idsite": "1", "cip": "0"}).address == "198.51.100.7"
    assert refusal(asked({"idsite": "1", "cip": "203.0.113.5"}), "address") == "cip_needs_token"
    given = asked({"idsite": "1", "cip": "203.0.113.5"}, token=TOKEN)
    assert (given.address, given.ip) == ("203.0.113.5", bytes((203, 0, 113, 5)))


def test_agent_and_language() -> None:
    """Parameters go before headers, and both are escaped."""
    server = {"HTTP_USER_AGENT": "A<b>", "HTTP_ACCEPT_LANGUAGE": "DE-at, en;q=0.5"}
    assert asked({"idsite": "1"}, server=server).user_agent == "A&lt;b&gt;"
    assert asked({"idsite": "1"}, server=server).language == "de-at,en"
    given = asked({"idsite": "1", "ua": "B", "lang": "FR"}, server=server)
    assert (given.user_agent, given.language) == ("B", "FR")
    assert asked({"idsite": "1"}).user_agent == ""


def test_replacing_a_parameter_changes_who_it_is() -> None:
    """An identifier made of the user is made anew; what was sent stays as it was."""
    request = asked({"idsite": "1", "uid": "bob"})
    before = request.visitor_id
    request.replace("uid", "eve")
    assert request.user_id == "eve"
    assert request.visitor_id != before
    assert request.raw["uid"] == "bob"


def test_four_byte_characters_go_before_anything_is_read() -> None:
    """Where the connection does not carry them; what was sent stays as it was."""
    request = asked({"idsite": "1", "url": "http://e.org/\U0001f600"}, under=settings(four_byte_text=False))
    assert request.url == "http://e.org/\ufffd"
    assert request.raw["url"] == "http://e.org/\U0001f600"
