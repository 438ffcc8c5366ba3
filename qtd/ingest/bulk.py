"""Bodies of the bulk tracking API: JSON with many tracking requests, read as Matomo's BulkTracking does.

Better in one thing: what is not UTF-8, or half a surrogate pair, becomes U+FFFD and does not lose the body.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import orjson

from qtd.engine.params import Params
from qtd.engine.parse_url import parse_url
from qtd.wire.php_array import MAX_INTEGER, Param
from qtd.wire.php_query import parse_query

MAX_DEPTH: Final = 128
"""Arrays nested deeper within one parameter are left out: no tracker sends them, and JSON has its limits."""

_WHITE_SPACE: Final = b" \t\n\r\0\x0b"


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkBody:
    """What a bulk request asks for."""

    #: The parameters of each tracking request; texts without a query are left out and not counted.
    requests: list[dict[str, Param]]
    #: Empty where the body has none.
    token_auth: str
    #: `send_image` as text; empty where the body has none.
    send_image: str


def is_bulk(body: bytes) -> bool:
    """Say whether Matomo takes a body for a bulk request: it holds the word `requests` in quotes."""
    return body.find(b'"requests"') > 0 or body.find(b"'requests'") > 0


def parse_bulk(body: bytes) -> BulkBody | None:
    """Return what a body asks for, None where it is not JSON."""
    # Matomo removes line breaks, even inside of strings.
    document = _json(body.strip(_WHITE_SPACE).replace(b"\n", b"").replace(b"\r", b""))
    if document is None:
        return None
    fields = document if isinstance(document, dict) else {}
    params = Params(fields)
    listed = fields.get("requests")
    if isinstance(listed, dict):
        listed = list(listed.values())
    requests = (_request(item) for item in (listed if isinstance(listed, list) else []))
    return BulkBody(
        requests=[request for request in requests if request is not None],
        token_auth=params.text("token_auth"),
        send_image=params.text("send_image"),
    )


def _request(item: Any) -> dict[str, Param] | None:
    if isinstance(item, str):
        url = parse_url(item)
        if url is None or url.query in (None, "", "0"):
            return None
        return parse_query(url.query.encode())
    if isinstance(item, list):
        item = {str(index): value for index, value in enumerate(item)}
    if not isinstance(item, dict):
        return {}
    return {name: _param(value, MAX_DEPTH) for name, value in item.items()}


def _param(value: Any, depth: int) -> Param:
    """Return a JSON value as PHP would write it again: what has the keys 0, 1, 2 ... is a list."""
    if isinstance(value, str | bool | float) or value is None:
        return value
    if isinstance(value, int):
        return value if -MAX_INTEGER - 1 <= value <= MAX_INTEGER else float(value)
    if depth == 0:
        return None
    if isinstance(value, dict):
        if all(key == str(index) for index, key in enumerate(value)):
            value = list(value.values())
        else:
            return {key: _param(inner, depth - 1) for key, inner in value.items()}
    return [_param(inner, depth - 1) for inner in value]


def _json(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:  # slower, but it takes half a surrogate pair
        document = json.loads(text.decode("utf-8", "replace"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return _without_surrogates(document)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(inner) for inner in value]
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
