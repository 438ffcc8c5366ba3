"""The visitor's identifier that a request carries: from the user id, `cid`, the third-party cookie or `_id`.

The order, the lengths and what counts as none are those of Matomo's tracking API; without any of them the
visitor is known by address and device only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping

from qtd.engine.invalid import InvalidRequest
from qtd.engine.params import Params
from qtd.engine.php import Param, is_numeric, sanitize, truthy

#: Hexadecimal digits of a visitor's identifier, and its bytes.
HEX_LENGTH = 16
BINARY_LENGTH = 8

_NOT_HEX = re.compile(rb"[^0-9a-fA-F]")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def visitor_id(
    params: Mapping[str, Param],
    *,
    cookies: Mapping[str, Param],
    user_id_overwrites: bool = True,
    third_party_cookie: str | None = None,
    cookieless: bool = False,
) -> bytes | None:
    """Return the 8 bytes that identify the visitor, or None where the request carries no identifier.

    `third_party_cookie` is the cookie's name where it is in use, `cookieless` is Matomo's
    forceCookielessTracking: neither the cookie nor `_id` counts.

    Raises InvalidRequest for a `cid` that is not 16 bytes long.
    """
    read = Params(params)
    if user_id_overwrites and "uid" in params:
        user_id = read.text("uid")
        if truthy(user_id):
            return hashed_user_id(user_id)
    if "cid" in params:
        forced = read.text("cid")
        if truthy(forced):
            if len(forced.encode()) != HEX_LENGTH:
                raise InvalidRequest("visitor_id_length", f"cid is not {HEX_LENGTH} characters long")
            return packed_id(forced)
    if cookieless:
        return None
    given = None if third_party_cookie is None else third_party_id(cookies.get(third_party_cookie))
    if given is None and "_id" in params:
        first_party = read.text("_id")
        given = first_party if len(first_party.encode()) >= HEX_LENGTH else None
    return None if given is None else packed_id(given)


def hashed_user_id(user_id: str) -> bytes:
    """Return the identifier that stands for a user id: the first 8 bytes of its SHA-1."""
    return hashlib.sha1(user_id.encode(), usedforsecurity=False).digest()[:BINARY_LENGTH]


def packed_id(text: str) -> bytes:
    """Return the first 16 bytes of `text` as hexadecimal digits; what is none counts as 0 (PHP's pack)."""
    digits = text.encode()[:HEX_LENGTH]
    return bytes.fromhex(_NOT_HEX.sub(b"0", digits).decode("ascii"))


def third_party_id(cookie: Param) -> str | None:
    """Return the identifier in Matomo's third-party cookie, None where there is no usable one.

    The cookie holds `name=value` pairs between colons; the pair `0` is the identifier, base64 unless it looks
    like a number.
    """
    if not isinstance(cookie, str) or "=" not in cookie:
        return None
    value = dict(pair.split("=", 1) for pair in cookie.split(":") if "=" in pair).get("0")
    if value is None:
        return None
    text = value if is_numeric(value) else sanitize(_base64_text(value))
    return text if len(text.encode()) == HEX_LENGTH else None


def third_party_cookie_value(identifier: str) -> str:
    """Return what Matomo stores in its third-party cookie for the 16 hexadecimal digits of an identifier."""
    return "0=" + (identifier if is_numeric(identifier) else base64.b64encode(identifier.encode()).decode())


def _base64_text(value: str) -> str:
    """Decode base64 as PHP does: other characters are skipped, missing padding is no error."""
    symbols = _NOT_BASE64.sub(b"", value.encode())
    try:
        return base64.b64decode(symbols + b"=" * (-len(symbols) % 4)).decode("utf-8", "replace")
    except binascii.Error:
        return ""
