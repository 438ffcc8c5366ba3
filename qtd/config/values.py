"""Kinds of values that several sections use: addresses, networks, names of time zones, web addresses."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator

Network = IPv4Network | IPv6Network

_ADDRESS = "host:port is wanted, with a port from 1 to 65535; an IPv6 address in brackets"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        """`host:port`, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _address(value: object) -> Address:
    if isinstance(value, Address):
        return value
    if not isinstance(value, str):
        raise ValueError(_ADDRESS)  # noqa: TRY004 - pydantic collects ValueErrors only
    host, colon, port = value.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(_ADDRESS)
    digits = port.isascii() and port.isdigit()
    if not (host and colon and digits and 1 <= int(port) <= 65535) or any(c.isspace() for c in host):
        raise ValueError(_ADDRESS)
    return Address(host, int(port))


def _network(value: object) -> Network:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    if isinstance(value, str):
        try:
            return ip_network(value)
        except ValueError as error:
            raise ValueError(f"an address or a range such as 10.0.0.0/8 is wanted ({error})") from None
    raise ValueError("an address or a range such as 10.0.0.0/8 is wanted")


def _path(value: object) -> object:
    # Only text: pydantic would take bytes too, and in strict mode nothing but a Path.
    return Path(value).expanduser() if isinstance(value, str) and value else value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("the name of a time zone is wanted, such as UTC or Europe/Berlin")
    return value


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("a URL is wanted that begins with http:// or https://")
    return value


AddressValue = Annotated[Address, PlainValidator(_address), PlainSerializer(str)]
NetworkValue = Annotated[Network, PlainValidator(_network), PlainSerializer(str)]
PathValue = Annotated[Path, BeforeValidator(_path)]
ZoneName = Annotated[str, AfterValidator(_zone)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Port = Annotated[int, Field(ge=1, le=65535)]
#: Finite and above zero: nothing in qtd waits for ever.
Seconds = Annotated[float, Field(gt=0, le=86400, allow_inf_nan=False)]
#: As in HTTP, not as PHP names it in $_SERVER.
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
Text = Annotated[str, Field(min_length=1)]
