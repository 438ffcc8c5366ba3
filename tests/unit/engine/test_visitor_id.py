"""Where the visitor's identifier comes from, and what counts as none."""

from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.invalid import InvalidRequest
from qtd.engine.visitor_id import third_party_cookie_value, third_party_id, visitor_id

ONE, TWO, THREE = "0123456789abcdef", "fedcba9876543210", "1111111111111111"
COOKIE = {"_pk_uid": "0=" + "ZmVkY2JhOTg3NjU0MzIxMA"}  # base64 of TWO, its padding lost


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, None),
        ({"_id": ONE}, ONE),
        ({"_id": ONE + "ff"}, ONE),
        ({"_id": "abc"}, None),
        ({"_id": "0"}, None),
        ({"_id": ["x"]}, None),
        ({"_id": "ABCDEF0123456789"}, "abcdef0123456789"),
        ({"_id": "ghijklmnopqrstuv"}, "0" * 16),
        ({"_id": "éééééééé"}, "0" * 16),  # 16 bytes
        ({"cid": TWO, "_id": ONE}, TWO),
        ({"cid": "0", "_id": ONE}, ONE),
        ({"cid": "", "_id": ONE}, ONE),
        ({"uid": "alice", "cid": TWO, "_id": ONE}, "522b276a356bdf39"),
        ({"uid": "0", "_id": ONE}, ONE),
        ({"uid": "", "_id": ONE}, ONE),
        ({"uid": 7, "_id": ONE}, "902ba3cda1883801"),
        # Matomo hashes what it has escaped for HTML
        ({"uid": "a&b"}, "c65ece81e2ec7260"),
        ({"uid": "a&amp;b"}, "c65ece81e2ec7260"),
    ],
)
def test_order_and_lengths(params: dict[str, Any], expected: str | None) -> None:
    """User id, then cid, then _id; too short or empty is none."""
    got = visitor_id(params, cookies={})
    assert (got.hex() if got else None) == expected


def test_settings_switch_sources_off_and_on() -> None:
    """The user id may not count, the third-party cookie may, and cookieless leaves only uid and cid."""
    params = {"uid": "alice", "_id": ONE}
    assert visitor_id(params, cookies={}, user_id_overwrites=False) == bytes.fromhex(ONE)
    assert visitor_id({"_id": ONE}, cookies=COOKIE, third_party_cookie="_pk_uid") == bytes.fromhex(TWO)
    assert visitor_id({"_id": ONE}, cookies=COOKIE) == bytes.fromhex(ONE)
    assert visitor_id({"_id": ONE}, cookies={}, third_party_cookie="_pk_uid") == bytes.fromhex(ONE)
    assert visitor_id({"_id": ONE}, cookies=COOKIE, third_party_cookie="_pk_uid", cookieless=True) is None
    assert visitor_id({"cid": THREE}, cookies={}, cookieless=True) == bytes.fromhex(THREE)


@pytest.mark.parametrize("cid", ["short", ONE + "0", "éééééééé0"])
def test_cid_must_have_its_length(cid: str) -> None:
    """16 bytes, neither more nor less; the message does not quote it."""
    with pytest.raises(InvalidRequest) as caught:
        visitor_id({"cid": cid}, cookies={})
    assert cid not in str(caught.value)


@pytest.mark.parametrize("identifier", [ONE, "1234567890123456", "12e4567890123456"])
def test_the_third_party_cookie_comes_back(identifier: str) -> None:
    """Also where the identifier looks like a number, which Matomo stores as it is."""
    assert third_party_id(third_party_cookie_value(identifier)) == identifier


@pytest.mark.parametrize("cookie", [None, "", "0", "0=", "1=abc", "0=czoxNjoi", {"0": "x"}, "0=%%%", "0=A"])
def test_a_cookie_that_holds_none_is_ignored(cookie: Any) -> None:
    """Cut short, of another kind, or not base64."""
    assert third_party_id(cookie) is None
