from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.exclusion import Exclusion
from qtd.engine.invalid import InvalidRequest
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import Settings
from qtd.engine.tracking_failure import request_query, unknown_site_failure

TOKEN = "c0ffee00" * 4


class _Exclusion(Exclusion):
    """Excludes nothing, everything, or can not tell."""

    def __init__(self, answer: str | InvalidRequest | None = None) -> None:
        self._answer = answer

    def reason(self, request: TrackingRequest) -> str | None:
        del request
        if isinstance(self._answer, InvalidRequest):
            raise self._answer
        return self._answer


def _request(raw: dict[str, Any], token_auth: str = "") -> TrackingRequest:
    return TrackingRequest(
        raw, server={}, cookies={}, token_auth=token_auth, entry_time=1794304800, settings=Settings()
    )


def test_an_unknown_site_is_told_of_with_its_request() -> None:
    """The row holds the request as it was sent."""
    request = _request({"idsite": "999", "rec": "1", "url": "http://example.org/b", "action_name": "B c"})
    assert unknown_site_failure(request, _Exclusion()) == (
        1,
        "idsite=999&rec=1&url=http%3A%2F%2Fexample.org%2Fb&action_name=B+c",
    )


@pytest.mark.parametrize(
    ("idsite", "told"), [("abc", True), ("0", True), ("9999999", True), ("10000000", False), ("-1", False)]
)
def test_numbers_that_no_site_can_have_are_not_told_of(idsite: str, *, told: bool) -> None:
    """Otherwise anybody could fill the table."""
    assert (unknown_site_failure(_request({"idsite": idsite}), _Exclusion()) is not None) is told


def test_what_would_be_excluded_is_not_told_of() -> None:
    """A bot's request for an unknown site is nobody's concern; one that can not be read is."""
    request = _request({"idsite": "999"})
    assert unknown_site_failure(request, _Exclusion("bot")) is None
    assert unknown_site_failure(request, _Exclusion(InvalidRequest("cip_needs_token"))) is not None


@pytest.mark.parametrize(
    ("raw", "token_auth", "expected"),
    [
        (
            {"token_auth": "x", "token": "", "a": "b"},
            "",
            "token_auth=__TOKEN_AUTH__&token=__TOKEN_AUTH__&a=b",
        ),
        ({"_id": TOKEN, "uid": "0123456789abcdef"}, "", "_id=__TOKEN_AUTH__&uid=0123456789abcdef"),
        ({"a": "secret!", "b": "other"}, "secret!", "a=__TOKEN_AUTH__&b=other"),
        ({"a": "f" * 28, "b": "f" * 37, "c": "g" * 32}, "", f"a={'f' * 28}&b={'f' * 37}&c={'g' * 32}"),
        (
            {"a b": {"c": ["d", "e&"]}, "n": None, "t": True, "i": 3, "f": 1.0, "g": 1.5},
            "",
            "a+b%5Bc%5D%5B0%5D=d&a+b%5Bc%5D%5B1%5D=e%26&t=1&i=3&f=1&g=1.5",
        ),
        ({"token_auth": None}, "", ""),
        ({"token_auth": {"x": "y"}}, "", "token_auth=__TOKEN_AUTH__"),
        ({}, "", ""),
    ],
)
def test_no_token_is_stored(raw: dict[str, Any], token_auth: str, expected: str) -> None:
    """Neither under its name nor where it was put by mistake; the rest is written as PHP's http_build_query does."""
    assert request_query(raw, token_auth) == expected
