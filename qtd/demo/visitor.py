"""A synthetic visitor: who he is stays the same from visit to visit."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from qtd.demo.choice import Choice
from qtd.demo.device import Device

#: 240.0.0.0/4 is reserved (RFC 1112): no real visitor has such an address. It has enough of them for visitors to
#: differ where settings keep only half of an address, as they do by default.
_FIRST_ADDRESS = 240 << 24
_ADDRESSES = 255 << 20

#: Of a thousand visitors: applications that send what happened when they have a connection again.
_OFFLINE_PER_MILLE = 25
#: Of a thousand visitors: browsers that send by POST, as `sendBeacon` does.
_POST_PER_MILLE = 350


@dataclass(kw_only=True, slots=True)
class Visitor:
    """Somebody with a browser."""

    #: 16 hexadecimal digits, as in Matomo's first-party cookie
    visitor_id: str
    #: his browser's header lines, ready to be sent
    headers: str
    screen: str
    #: sends by POST instead of GET
    posts: bool = False
    #: sends a whole visit at once, as a bulk request
    offline: bool = False
    #: his last action so far, Unix seconds of his own time
    until: float = 0.0
    #: in the middle of a visit
    busy: bool = False


def new_visitor(random: Random, devices: Choice[Device], languages: Choice[str]) -> Visitor:
    """Somebody who has not been here before."""
    kind = random.randrange(1000)
    device = devices.draw(random)
    return Visitor(
        visitor_id=f"{random.getrandbits(64):016x}",
        headers=headers(device, address=some_address(random), language=languages.draw(random)),
        screen=random.choice(device.screens),
        offline=kind < _OFFLINE_PER_MILLE,
        posts=kind >= 1000 - _POST_PER_MILLE,
    )


def some_address(random: Random) -> str:
    """An address that nobody has."""
    number = _FIRST_ADDRESS + random.randrange(_ADDRESSES)
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def headers(device: Device, *, address: str, language: str) -> str:
    """The browser's header lines; the address comes as from a proxy in front of us, each line ends with CRLF."""
    lines = (
        f"X-Forwarded-For: {address}",
        f"User-Agent: {device.agent}",
        f"Accept-Language: {language}",
        "Accept: */*",
        *device.hints,
    )
    return "".join(f"{line}\r\n" for line in lines)
