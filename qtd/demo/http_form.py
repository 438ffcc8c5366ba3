"""Tracking requests in the forms in which browsers and applications send them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import orjson

Params = Mapping[str, str]

_FORM = "application/x-www-form-urlencoded; charset=UTF-8"


def get(params: Params, *, host: str, headers: str) -> bytes:
    """A GET request, as Matomo's JavaScript tracker sends it by default."""
    return f"GET /matomo.php?{urlencode(params)} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n".encode()


def post(params: Params, *, host: str, headers: str) -> bytes:
    """A POST request with a form, as `navigator.sendBeacon` sends it."""
    return _with_body(urlencode(params).encode(), _FORM, host=host, headers=headers)


def bulk(requests: Sequence[Params], *, host: str, headers: str) -> bytes:
    """A bulk request: JSON with the queries of many."""
    body = orjson.dumps({"requests": [f"?{urlencode(params)}" for params in requests]})
    return _with_body(body, "application/json", host=host, headers=headers)


def _with_body(body: bytes, content_type: str, *, host: str, headers: str) -> bytes:
    head = (
        f"POST /matomo.php HTTP/1.1\r\nHost: {host}\r\n{headers}"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
