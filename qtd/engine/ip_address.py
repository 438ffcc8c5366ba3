"""The visitor's address: found behind proxies, packed, masked, and matched against ranges.

Source: Matomo's [General] proxy settings and the rules of its "excluded IPs" and "anonymize visitors' IP
addresses" settings. The form of an address is what inet_pton takes, as in PHP: `1.2.3`, `010.0.0.1` or
`::1%eth0` are none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Any

from qtd.engine.php import is_numeric, sanitize, to_float, trim, truthy

#: What stands for an address that is none.
NO_ADDRESS = bytes(4)

_LINE_ENDS = str.maketrans("", "", "\r\n")
_IPV4_BYTES = 4
#: An IPv4 address in its IPv6 form: `::ffff:1.2.3.4`, or the older `::1.2.3.4`.
_MAPPED_PREFIXES = (bytes(10) + b"\xff\xff", bytes(12))
#: Bytes of an IPv6 address that each length of the mask leaves: /128, /64, /48, /24, nothing.
_IPV6_KEPT = (16, 8, 6, 3, 0)
#: Bits that a wildcard stands for, by the address' length in bytes.
_WILDCARD_BITS = {4: 8, 16: 16}
# A wildcard takes a whole part, and nothing but wildcards follows it.
_BAD_WILDCARD = re.compile(r"[^.:]\*|\*.*(?:[^.:*]|::)")


@lru_cache(maxsize=16384)
def packed(address: str) -> bytes:
    """The address as 4 or 16 bytes; what is no address is 0.0.0.0."""
    return _parsed(address) or NO_ADDRESS


def _parsed(address: str) -> bytes | None:
    try:
        return inet_pton(AF_INET6 if ":" in address else AF_INET, address)
    except (OSError, ValueError):  # ValueError: characters that no address has
        return None


@lru_cache(maxsize=16384)
def text(packed: bytes) -> str:
    """The address as text, in the shortest form; `0.0.0.0` for what has neither 4 nor 16 bytes."""
    if len(packed) == _IPV4_BYTES:
        return inet_ntop(AF_INET, packed)
    try:
        return inet_ntop(AF_INET6, packed)
    except ValueError:
        return "0.0.0.0"  # noqa: S104 - nothing is bound to it


@lru_cache(maxsize=16384)
def anonymized(packed: bytes, mask_length: int) -> bytes:
    """Zero the last `mask_length` bytes of an IPv4 address, also where it is in its IPv6 form.

    Of a real IPv6 address the lengths 1 to 4 leave 8, 6, 3 and no bytes.
    """
    length = len(packed)
    if length == _IPV4_BYTES or packed.startswith(_MAPPED_PREFIXES):
        kept = length - min(max(mask_length, 0), length)
    else:
        kept = _IPV6_KEPT[mask_length] if 0 <= mask_length < len(_IPV6_KEPT) else 0
    return packed[:kept] + bytes(length - kept)


def without_port(address: str) -> str:
    """The bare address of `1.2.3.4:80`, `[::1]:80` or `1.2.3.4/24`; anything else stays what it is."""
    address = trim(address)
    slash = address.rfind("/")
    if slash >= 0:
        address = address[:slash]
    colon = address.rfind(":")
    if colon < 0:
        return address
    bracket = address.rfind("]")
    if bracket >= 0 and address[0] == "[":
        return address[1:bracket]
    dot = address.rfind(".")
    if dot >= 0:
        return address[:colon] if colon > dot else address
    return address[:colon] if address.find(":") == colon else address


class AddressRanges:
    """A set of addresses, CIDR ranges and wildcards (`1.2.*.*`); wrong ones are ignored."""

    __slots__ = ("_highs", "_lows")

    def __init__(self, ranges: Iterable[str]) -> None:
        bounds = sorted(
            {known for one in ranges if (known := _bounds(one))}, key=lambda bound: (len(bound[0]), bound)
        )
        self._lows: dict[int, list[bytes]] = {4: [], 16: []}
        self._highs: dict[int, list[bytes]] = {4: [], 16: []}
        for low, high in bounds:
            lows, highs = self._lows[len(low)], self._highs[len(low)]
            if highs and low <= highs[-1]:
                highs[-1] = max(highs[-1], high)
            else:
                lows.append(low)
                highs.append(high)

    def __bool__(self) -> bool:
        return bool(self._lows[4] or self._lows[16])

    def __contains__(self, packed: bytes) -> bool:
        lows = self._lows.get(len(packed))
        if not lows:
            return False
        position = bisect_right(lows, packed) - 1
        return position >= 0 and packed <= self._highs[len(packed)][position]


def _bounds(written: str) -> tuple[bytes, bytes] | None:
    """The lowest and the highest address of a range, or None where it is not one."""
    written = trim(written)
    wildcards = 0
    bits: float | None = None
    if "*" in written:
        if _BAD_WILDCARD.search(written):
            return None
        wildcards = written.count("*")
        written = written.replace("*", "0")
    elif "/" in written:
        written, _, given = written.partition("/")
        if not is_numeric(given):
            return None
        bits = to_float(given)
    address = _parsed(written)
    if address is None:
        return None
    length = len(address)
    width = length * 8
    if bits is None:
        bits = width - wildcards * _WILDCARD_BITS[length]
    if not 0 <= bits <= width:
        return None
    number, hosts = int.from_bytes(address), (1 << (width - int(bits))) - 1
    return (number & ~hosts).to_bytes(length), (number | hosts).to_bytes(length)


@lru_cache(maxsize=256)
def address_ranges(ranges: tuple[str, ...]) -> AddressRanges:
    """The set of addresses of some ranges; the same tuple gives the same object."""
    return AddressRanges(ranges)


def client_address(server: Mapping[str, Any], general: Mapping[str, str | tuple[str, ...]]) -> str:
    """The client's address as text, without port: from the first proxy header that has one, else the peer's.

    `server` is PHP's `$_SERVER`; `general` is Matomo's [General] section (`proxy_client_headers`,
    `proxy_ips`, `proxy_ip_read_last_in_list`). The result may be no address at all, if that is what the
    header says.
    """
    peer = server.get("REMOTE_ADDR")
    address = peer if isinstance(peer, str) else "0.0.0.0"  # noqa: S104 - nothing is bound to it
    headers = general.get("proxy_client_headers", ())
    if headers and isinstance(headers, tuple):
        address = _behind_proxies(address, headers, server, general)
    return _without_port_cached(address)


_without_port_cached = lru_cache(maxsize=16384)(without_port)


def _behind_proxies(
    peer: str,
    headers: tuple[str, ...],
    server: Mapping[str, Any],
    general: Mapping[str, str | tuple[str, ...]],
) -> str:
    proxies = general.get("proxy_ips", ())
    proxies = proxies if isinstance(proxies, tuple) else ()
    last = to_float(general.get("proxy_ip_read_last_in_list", "")) == 1
    if not last:
        proxies = (*proxies, peer)
    for header in headers:
        given = server.get(header)
        if not isinstance(given, str) or not truthy(given):
            continue
        found = _listed_address(given, proxies, last=last)
        if found and "unknown" not in found.lower():
            return found
    return peer


def _listed_address(header: str, proxies: tuple[str, ...], *, last: bool) -> str:
    """The last (or first) address of a comma-separated list that is no proxy's; empty where all are."""
    if "," not in header:
        return _clean(header)
    elements = [one for one in map(_clean, header.split(",")) if truthy(one)]
    trusted = address_ranges(proxies)
    return next(
        (
            one
            for one in (reversed(elements) if last else elements)
            if one not in proxies and packed(without_port(one)) not in trusted
        ),
        "",
    )


def _clean(element: str) -> str:
    return trim(sanitize(element.translate(_LINE_ENDS)))
