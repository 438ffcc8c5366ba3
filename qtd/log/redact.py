"""The last line of defence: whatever is logged, secrets and visitors' addresses are taken out of it.

Events have no field for such things; but they can hide in the text of an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address

HIDDEN = "[hidden]"

#: Longer texts are cut: a log line is read, and searching it must stay quick. In characters.
LONGEST_TEXT = 10_000

#: Fields whose value is the address of one of our own servers: an operator needs it in full.
OWN_SERVERS = frozenset({"server", "listen"})

#: Fields that are nothing but a secret.
_SECRET_FIELD = re.compile(
    r"token|password|passwd|secret|salt|credential|authorization|cookie", re.IGNORECASE
)

#: `token_auth=…`, `"password": "…"`, `'salt': '…'`: in queries, JSON and Python's own notation.
_SECRET_PAIR = re.compile(
    r"""(?P<name>(?<![\w-])[\w-]*(?:token_?auth|password|passwd|pwd|secret|salt)\\?["']?\s*(?:=|:|%3d|%3a)\s*)
        (?P<value>\\"[^"\\]*\\"|\\?"(?:[^"\\]|\\.)*\\?"|\\?'(?:[^'\\]|\\.)*\\?'|[^\s&;,"'}\]]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_AUTHORIZATION = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE)
_URL_CREDENTIALS = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]{0,20}://)[^\s/?#@]*(?:@[^\s/?#@]*)*@", re.IGNORECASE
)
_IPV4 = re.compile(r"(?<![\w.])(\d{1,3}\.\d{1,3}\.)\d{1,3}\.\d{1,3}(?!\w|\.\d)")
_IPV6 = re.compile(
    r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}(?:(?:\.\d{1,3}){3})?(?![\w:]|\.\w)", re.IGNORECASE
)


def redact(event: Mapping[str, object]) -> dict[str, object]:
    """Return an event's fields without secrets and full addresses."""
    return {name: _field(name, value) for name, value in event.items()}


def redact_text(text: str, *, addresses: bool = True) -> str:
    """Return `text` without secrets and, unless `addresses` is false, with addresses cut to their network.

    Two bytes of an IPv4 address stay, 32 bits of an IPv6 address; loopback and unspecified ones are nobody's.
    """
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT] + "…"
    if ":" in text or "=" in text or "%" in text:
        text = _SECRET_PAIR.sub(rf"\g<name>{HIDDEN}", text)
        text = _URL_CREDENTIALS.sub(rf"\g<scheme>{HIDDEN}@", text)
    text = _AUTHORIZATION.sub(rf"\1 {HIDDEN}", text)
    if addresses:
        text = _IPV4.sub(_short_ipv4, text)
        text = _IPV6.sub(_short_ipv6, text)
    return text


def _field(name: str, value: object) -> object:
    if _SECRET_FIELD.search(name) and value is not None and not isinstance(value, bool):
        return HIDDEN
    return _value(value, addresses=name not in OWN_SERVERS)


def _value(value: object, *, addresses: bool) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _field(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(inner, addresses=addresses) for inner in value]
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    return redact_text(text, addresses=addresses)


def _short_ipv4(match: re.Match[str]) -> str:
    address = _parsed(match[0])
    return match[0] if address is None or _nobodys(address) else f"{match[1]}x.x"


def _short_ipv6(match: re.Match[str]) -> str:
    address = _parsed(match[0])
    if not isinstance(address, IPv6Address) or _nobodys(address):
        return match[0]
    return ":".join(address.exploded.split(":")[:2]) + ":x"


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None  # a version, a time of day


def _nobodys(address: IPv4Address | IPv6Address) -> bool:
    return address.is_loopback or address.is_unspecified
