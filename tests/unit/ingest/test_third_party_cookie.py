"""The third-party cookie: kept, taken over from `_id`, or made; never for who opted out."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest

from qtd.engine.request import TrackingRequest
from qtd.engine.settings import TRACKER_DEFAULTS, Settings
from qtd.engine.visitor_id import third_party_cookie_value, third_party_id
from qtd.ingest.third_party_cookie import ThirdPartyCookie, third_party_cookie

ONE, TWO = "0123456789abcdef", "fedcba9876543210"


def request(
    params: dict[str, Any] | None = None,
    cookies: dict[str, Any] | None = None,
    server: dict[str, Any] | None = None,
    **tracker: str,
) -> TrackingRequest:
    """A request to an installation that uses the cookie."""
    return TrackingRequest(
        params or {},
        server=server or {},
        cookies=cookies or {},
        token_auth="",
        entry_time=1_795_277_828,
        settings=Settings(tracker={**TRACKER_DEFAULTS, "use_third_party_id_cookie": "1", **tracker}),
    )


def cookie(request: TrackingRequest) -> ThirdPartyCookie:
    """The cookie for who sent the request."""
    made = third_party_cookie(request)
    assert made is not None
    return made


def set_cookie(request: TrackingRequest) -> str:
    """The value of Set-Cookie."""
    return dict(cookie(request).headers)["set-cookie"]


def identifier(request: TrackingRequest) -> str | None:
    """The identifier that the cookie is set to."""
    name, _, value = set_cookie(request).partition(";")[0].partition("=")
    assert name == "_pk_uid"
    return third_party_id(unquote(value))


def test_there_is_none_unless_it_is_in_use() -> None:
    """Matomo's default."""
    assert third_party_cookie(request(use_third_party_id_cookie="0")) is None


@pytest.mark.parametrize(
    ("params", "cookies", "expected"),
    [
        ({"_id": ONE}, {"_pk_uid": third_party_cookie_value(TWO)}, TWO),
        ({"_id": ONE}, {}, ONE),
        ({"_id": "short"}, {}, None),
        ({}, {"_pk_uid": "broken"}, None),
    ],
)
def test_the_identifier_sticks(params: dict[str, Any], cookies: dict[str, Any], expected: str | None) -> None:
    """The cookie's own first, then `_id`, else a new one."""
    got = identifier(request(params, cookies))
    assert got == expected if expected else re.fullmatch(r"[0-9a-f]{16}", got or "")
    assert cookie(request(params, cookies)).is_new == (expected is None)


def test_attributes() -> None:
    """It lives as long as configured; over HTTPS it may go to other sites, else only with their links."""
    plain = set_cookie(request({"_id": ONE}, cookie_path="/x", cookie_domain="www.example.org:80"))
    assert plain == (
        "_pk_uid=0%3DMDEyMzQ1Njc4OWFiY2RlZg%3D%3D; expires=Sun, 19 Dec 2027 16:17:08 GMT; path=/x; "
        "domain=.example.org; SameSite=Lax"
    )
    assert set_cookie(request({"_id": ONE}, server={"HTTPS": "on"})).endswith("; secure; SameSite=None")


def test_who_opted_out_gets_none() -> None:
    """Matomo's opt-out cookie."""
    assert third_party_cookie(request({"_id": ONE}, {"matomo_ignore": "ignore=Kg=="})) is None
    assert third_party_cookie(request({"_id": ONE}, {"matomo_ignore": "*"})) is not None
