"""The Matomo that records with engine http: whether it answers, is one, records, and takes the token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from qtd.clock import Clock
from qtd.config.http import Http
from qtd.doctor.check import Check, doubtful, fine, guarded, wrong
from qtd.errors import MatomoRefuses
from qtd.replay.matomo import CallRejected, Matomo

_CONNECTION: Final = "http.connection"
_TOKEN: Final = "http.token"  # noqa: S105 - a check's name

_ANSWERS: Final = "what it says is what has to change; curl -i of that address shows more"


def check_http(section: Http, clock: Clock) -> Iterator[Check]:
    """Send one call that records nothing, as a worker does before it begins.

    Only one: a wrong token looks like an attack, and Matomo counts.
    """
    yield from guarded(_CONNECTION, _ANSWERS, lambda: _asked(section, clock), where=section.endpoint)


def _asked(section: Http, clock: Clock) -> Iterator[Check]:
    where = section.endpoint
    with closing(Matomo(section, clock=clock)) as matomo:
        began = clock.monotonic()
        try:
            super_user = matomo.send([{}]).super_user
        except CallRejected as error:
            yield _answered(section, clock.monotonic() - began)
            yield doubtful(
                _TOKEN,
                f"not known: {error}",
                "nothing, with [Tracker] bulk_requests_require_authentication: a call without a site fails then",
                where=where,
            )
            return
        except MatomoRefuses as error:
            yield wrong(_CONNECTION, str(error), _ANSWERS, where=where)
            return
        yield _answered(section, clock.monotonic() - began)
    if super_user:
        yield fine(_TOKEN, "a super user's", where=where)
    else:
        yield wrong(
            _TOKEN,
            "no super user's, or not valid any more: Matomo does not say which requests are invalid",
            "put a super user's token_auth into http.token_file (Administration > Security > Auth tokens)",
            where=where,
        )


def _answered(section: Http, seconds: float) -> Check:
    parts, where = urlsplit(section.endpoint), section.endpoint
    found = f"a tracker that records, answers within {seconds * 1000:.0f} ms"
    if parts.scheme == "https" or _is_here(parts.hostname or ""):
        return fine(_CONNECTION, found, where=where)
    return doubtful(
        _CONNECTION,
        f"{found}; without TLS the token and visitors' data are readable on the way",
        "use https:// in http.url",
        where=where,
    )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
