"""Matomo's third-party cookie: the visitor's identifier, kept by the browser for the tracker's own host.

Only where `use_third_party_id_cookie` is set. Source: what Matomo sends; its value is written by
`qtd.engine.visitor_id`.
"""

from __future__ import annotations

import secrets
from email.utils import formatdate
from urllib.parse import quote

from qtd.engine.php import to_int, truthy
from qtd.engine.request import TrackingRequest
from qtd.engine.visitor_id import HEX_LENGTH, packed_id, third_party_cookie_value, third_party_id
from qtd.ingest.answer import Header

_P3P: Header = ("p3p", "CP='OTI DSP COR NID STP UNI OTPa OUR'")


def cookie_headers(request: TrackingRequest) -> tuple[Header, ...]:
    """Return the headers that set or renew the cookie, none where it is not in use or the visitor opted out.

    The identifier in the cookie stays; a visitor without one gets that of `_id`, else a new one.
    """
    if not request.tracker_flag("use_third_party_id_cookie") or _opted_out(request):
        return ()
    name = request.tracker_value("cookie_name")
    identifier = _identifier(request, name)
    secure = request.server.get("HTTPS") == "on"
    expires = formatdate(request.entry_time + to_int(request.tracker_value("cookie_expire")), usegmt=True)
    path, domain = request.tracker_value("cookie_path"), request.tracker_value("cookie_domain")
    parts = [
        f"{quote(name, safe='')}={quote(third_party_cookie_value(identifier), safe='')}",
        f"expires={expires}",
        f"path={path}" if path else "",
        f"domain={_cookie_domain(domain)}" if domain else "",
        "secure" if secure else "",
        # A browser takes `None` only with `secure`.
        f"SameSite={'None' if secure else 'Lax'}",
    ]
    return (_P3P, ("set-cookie", "; ".join(filter(None, parts))))


def _identifier(request: TrackingRequest, cookie: str) -> str:
    known = third_party_id(request.cookies.get(cookie))
    if known is None:
        first_party = request.params.text("_id")
        known = first_party if len(first_party.encode()) >= HEX_LENGTH else None
    return secrets.token_hex(8) if known is None else packed_id(known).hex()


def _opted_out(request: TrackingRequest) -> bool:
    """Say whether the browser carries Matomo's opt-out cookie (`ignore=*`, base64)."""
    ignore = request.cookies.get(request.tracker_value("ignore_visits_cookie_name"))
    return isinstance(ignore, str) and truthy(ignore) and "ignore=Kg==" in ignore.split(":")


def _cookie_domain(domain: str) -> str:
    domain = domain.removeprefix("www.").partition(":")[0]
    return f".{domain}"
