"""Matomo's third-party cookie: the visitor's identifier, kept by the browser for the tracker's own host.

Only where `use_third_party_id_cookie` is set. Source: what Matomo sends; its value is written by
`qtd.engine.visitor_id`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import quote

from qtd.engine.php import to_int, truthy
from qtd.engine.request import TrackingRequest
from qtd.engine.visitor_id import HEX_LENGTH, packed_id, third_party_cookie_value, third_party_id
from qtd.ingest.answer import Header

_P3P: Header = ("p3p", "CP='OTI DSP COR NID STP UNI OTPa OUR'")


@dataclass(frozen=True, kw_only=True, slots=True)
class ThirdPartyCookie:
    """The cookie as a browser is to keep it."""

    name: str
    value: str
    #: The answer's headers that set or renew it.
    headers: tuple[Header, ...]
    #: Neither the browser nor `_id` told an identifier: this one is new.
    is_new: bool


def third_party_cookie(request: TrackingRequest) -> ThirdPartyCookie | None:
    """Return the cookie for who sent a request, None where it is not in use or the visitor opted out.

    The identifier in the cookie stays; a visitor without one gets that of `_id`, else a new one. With a new one he
    has to be recorded too: Matomo sends the identifier of the visit that it has just recorded.
    """
    if not request.tracker_flag("use_third_party_id_cookie") or _opted_out(request):
        return None
    name = request.tracker_value("cookie_name")
    known = _identifier(request, name)
    value = third_party_cookie_value(secrets.token_hex(8) if known is None else packed_id(known).hex())
    secure = request.server.get("HTTPS") == "on"
    expires = formatdate(request.entry_time + to_int(request.tracker_value("cookie_expire")), usegmt=True)
    path, domain = request.tracker_value("cookie_path"), request.tracker_value("cookie_domain")
    parts = [
        f"{quote(name, safe='')}={quote(value, safe='')}",
        f"expires={expires}",
        f"path={path}" if path else "",
        f"domain={_cookie_domain(domain)}" if domain else "",
        "secure" if secure else "",
        # A browser takes `None` only with `secure`.
        f"SameSite={'None' if secure else 'Lax'}",
    ]
    headers = (_P3P, ("set-cookie", "; ".join(filter(None, parts))))
    return ThirdPartyCookie(name=name, value=value, headers=headers, is_new=known is None)


def _identifier(request: TrackingRequest, cookie: str) -> str | None:
    known = third_party_id(request.cookies.get(cookie))
    if known is None:
        first_party = request.params.text("_id")
        known = first_party if len(first_party.encode()) >= HEX_LENGTH else None
    return known


def _opted_out(request: TrackingRequest) -> bool:
    """Say whether the browser carries Matomo's opt-out cookie (`ignore=*`, base64)."""
    ignore = request.cookies.get(request.tracker_value("ignore_visits_cookie_name"))
    return isinstance(ignore, str) and truthy(ignore) and "ignore=Kg==" in ignore.split(":")


def _cookie_domain(domain: str) -> str:
    domain = domain.removeprefix("www.").partition(":")[0]
    return f".{domain}"
