"""Tracking failures: requests that Matomo tells the site's owner about, because something is set up wrong.

Source: Matomo's table `tracking_failure`; one row by site and kind, the first request is kept. In a replay
only unknown sites leave one: a request whose token is wrong is rolled back together with its failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import hexdigits

from qtd.engine.exclusion import Exclusion
from qtd.engine.invalid import InvalidRequest
from qtd.engine.php import Param, urlencode
from qtd.engine.request import TrackingRequest

#: `idfailure` of a request for a site that does not exist.
INVALID_SITE = 1

_LARGEST_SITE = 9_999_999
_TOKEN_NAMES = frozenset({"token_auth", "token", "tokenauth", "token__auth"})
_TOKEN_LENGTHS = range(29, 37)
_REDACTED = "__TOKEN_AUTH__"
_HEX_DIGITS = frozenset(hexdigits)


def unknown_site_failure(request: TrackingRequest, exclusion: Exclusion) -> tuple[int, str] | None:
    """`idfailure` and `request_url` for a request whose site is unknown; None where nobody needs to know of it.

    That is the case for requests that would have been excluded anyway, and for numbers no site can have.
    """
    try:
        if exclusion.reason(request) is not None:
            return None
    except InvalidRequest:  # not readable as a visit: told of all the same
        pass
    if not 0 <= request.idsite <= _LARGEST_SITE:
        return None
    return INVALID_SITE, request_query(request.raw, request.token_auth)


def request_query(raw: Mapping[str, Param], token_auth: str = "") -> str:
    """The parameters as a query string, without what is a token or looks like one (29 to 36 hexadecimal digits)."""
    pairs = (
        (name, _REDACTED if value is not None and name in _TOKEN_NAMES else _without_token(value, token_auth))
        for name, value in raw.items()
    )
    return "&".join(part for name, value in pairs for part in _encoded(urlencode(str(name)), value))


def _without_token(value: Param, token_auth: str) -> Param:
    if not isinstance(value, str):
        return value
    if token_auth and value == token_auth:
        return _REDACTED
    return _REDACTED if len(value) in _TOKEN_LENGTHS and _HEX_DIGITS.issuperset(value) else value


def _encoded(name: str, value: Param) -> Iterator[str]:
    """PHP's http_build_query: null is left out, true is 1, arrays are written with brackets."""
    if isinstance(value, Mapping | list):
        for key, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _encoded(f"{name}%5B{urlencode(str(key))}%5D", inner)
    elif isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        yield f"{name}={int(value)}"
    elif value is not None:
        yield f"{name}={urlencode(str(value))}"
