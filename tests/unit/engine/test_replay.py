"""What a recorded request says when it is parameters alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from qtd.engine.authentication import hash_token
from qtd.engine.header_exclusion import excluded_by_headers
from qtd.engine.invalid import InvalidRequest
from qtd.engine.replay import NEEDS_TOKEN, replayed
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import Privacy, Settings
from tests.tracker import settings
from tests.tracking import NOW

SERVER = {
    "REMOTE_ADDR": "198.51.100.7",
    "HTTP_USER_AGENT": "Agent/1 & more",
    "HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9, en;q=0.5",
    "HTTP_SEC_CH_UA_MODEL": '"Pixel 8"',
    "HTTP_SEC_CH_UA_PLATFORM": '"Android"',
    "HTTP_REFERER": "http://example.org/page",
}


def request(
    *,
    server: Mapping[str, str] = SERVER,
    cookies: Mapping[str, str] | None = None,
    with_settings: Settings | None = None,
    token: str = "",
    **params: Any,
) -> TrackingRequest:
    """A request with everything a browser sends."""
    return TrackingRequest(
        {"idsite": "1", "rec": "1", **params},
        server=server,
        cookies=cookies or {},
        token_auth=token,
        entry_time=NOW,
        settings=with_settings or settings(),
        now=NOW + 1000,
    )


def test_headers_address_and_time_become_parameters() -> None:
    """Everything that Matomo reads beside the parameters, in the parameter that it reads in its place."""
    sent = replayed(request(action_name="A", cvar={"1": ["a", "b"]}))
    assert orjson.loads(str(sent.pop("uadata"))) == {
        "HTTP_SEC_CH_UA_MODEL": '"Pixel 8"',
        "HTTP_SEC_CH_UA_PLATFORM": '"Android"',
    }
    assert sent == {
        "idsite": "1",
        "rec": "1",
        "action_name": "A",
        "cvar": {"1": ["a", "b"]},
        "cdt": str(NOW),
        "cip": "198.51.100.7",
        "ua": "Agent/1 & more",
        "lang": "de-at,de,en",
        "url": "http://example.org/page",
    }


def test_what_a_request_says_itself_goes_before_its_headers() -> None:
    """As it does when Matomo reads both."""
    own: dict[str, Any] = {
        "ua": "Own",
        "lang": "fr",
        "uadata": '{"model":"X"}',
        "url": "http://example.org/own",
    }
    sent = replayed(request(**own))
    assert {name: sent[name] for name in own} == own


@pytest.mark.parametrize("empty", ["", ["a"], {"a": "b"}])
def test_what_is_no_text_is_as_good_as_missing(empty: object) -> None:
    """Matomo takes the header then."""
    sent = replayed(request(ua=empty, lang=empty, url="http://example.org/"))
    assert (sent["ua"], sent["lang"]) == ("Agent/1 & more", "de-at,de,en")


def test_nothing_is_made_up() -> None:
    """A client without headers has none afterwards either."""
    sent = replayed(request(server={"REMOTE_ADDR": "198.51.100.7"}, url="http://example.org/"))
    assert not sent.keys() & {"ua", "lang", "uadata"}


def test_a_referer_is_a_page_only_where_no_address_is_given() -> None:
    """Matomo takes it for the page of a request that has neither `url` nor `urlref`."""
    assert "url" not in replayed(request(urlref="http://search.example/"))


def test_an_offset_is_in_the_time() -> None:
    """`cdo` counts back from the time of the request and would count once more from the time of the replay."""
    sent = replayed(request(cdo="600"))
    assert (sent["cdt"], "cdo" in sent) == (str(NOW - 600), False)


def test_the_third_party_cookie_is_the_visitor() -> None:
    """It goes before `_id`, but only where it is in use."""
    cookies = {"_pk_uid": "0=YWFhYWFhYWFhYWFhYWFhYQ=="}
    in_use = settings(tracker={"use_third_party_id_cookie": "1"})
    assert replayed(request(cookies=cookies, with_settings=in_use, _id="b" * 16))["_id"] == "a" * 16
    assert replayed(request(cookies=cookies, _id="b" * 16))["_id"] == "b" * 16
    assert replayed(request(with_settings=in_use, _id="b" * 16))["_id"] == "b" * 16


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"cip": "203.0.113.5"}, "cip_needs_token"),
        ({"cdt": str(NOW - 2 * 86400)}, "custom_timestamp_needs_token"),
        ({"city": "Berlin"}, "location_needs_token"),
    ],
)
def test_rights_are_those_of_the_request(params: dict[str, Any], reason: str) -> None:
    """Who replays has all rights: what the request's own token does not allow is not passed on."""
    assert reason in NEEDS_TOKEN
    with pytest.raises(InvalidRequest) as refused:
        replayed(request(**params))
    assert refused.value.reason == reason
    with pytest.raises(InvalidRequest):
        replayed(request(token="wrong", **params))
    allowed = settings(super_user_tokens=frozenset([hash_token("right", "")]))
    sent = replayed(request(with_settings=allowed, token="right", **params))
    assert sent.items() >= params.items()


@pytest.mark.parametrize(
    ("headers", "rule"),
    [
        ({}, None),
        ({"HTTP_DNT": "1"}, "do_not_track"),
        ({"HTTP_X_DO_NOT_TRACK": "1"}, "do_not_track"),
        ({"HTTP_X_PURPOSE": "preview"}, "prefetch"),
        ({"HTTP_X_MOZ": "prefetch"}, "prefetch"),
    ],
)
def test_headers_that_no_parameter_stands_for_are_heeded_before(
    headers: dict[str, str], rule: str | None
) -> None:
    """Matomo would not see them."""
    heeding = settings(privacy=Privacy(do_not_track_enabled=True))
    assert excluded_by_headers(request(server=SERVER | headers, with_settings=heeding)) == rule


def test_do_not_track_is_heeded_only_where_matomo_does() -> None:
    """And the cookie of whoever opted out always."""
    assert excluded_by_headers(request(server=SERVER | {"HTTP_DNT": "1"})) is None
    assert excluded_by_headers(request(cookies={"matomo_ignore": "ignore=Kg=="})) == "ignore_cookie"
