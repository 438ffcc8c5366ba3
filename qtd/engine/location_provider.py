"""Which country, region and city an address lies in, by the provider that the administrator chose.

Source: Matomo's UserCountry and GeoIp2 plugins: a GeoIP database, the variables of a web server's GeoIP
module, or the visitor's language; the language also where the others know nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from qtd.engine.ip_address import anonymized, client_address, packed
from qtd.engine.language import UNKNOWN, country_of_language
from qtd.engine.php import ascii_lower, is_numeric, round_half_up, to_float, truthy
from qtd.engine.request import TrackingRequest

#: Row of the option table with the provider: `geoip2php`, `geoip2server`, `default` (the language) or
#: `disabled`.
PROVIDER_OPTION = "usercountry.location_provider"

#: Digits behind the point of the degrees that are kept.
_PRECISION = 3

#: What a web server's GeoIP module adds to the request.
_SERVER_COUNTRY = "MM_COUNTRY_CODE"
_SERVER_VARIABLES = (
    _SERVER_COUNTRY,
    "MM_REGION_CODE",
    "MM_CITY_NAME",
    "MM_LATITUDE",
    "MM_LONGITUDE",
    "MM_CONTINENT_CODE",
    "MM_CONTINENT_NAME",
    "MM_COUNTRY_NAME",
    "MM_REGION_NAME",
    "MM_POSTAL_CODE",
    "MM_ISP",
    "MM_ORG",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    """What a provider knows of an address; null is not known."""

    #: ISO 3166-1 alpha-2, in either case
    country: str | None = None
    #: ISO 3166-2 without the country; empty for a region without a code
    region: str | None = None
    city: str | None = None
    #: degrees
    latitude: float | None = None
    #: degrees
    longitude: float | None = None


class Locate(Protocol):
    """A database of locations by address."""

    @property
    def available(self) -> bool:
        """Whether there is a database at all."""

    def __call__(self, ip: bytes) -> Location | None:
        """The location of an address (4 or 16 bytes), or None where the database does not have it."""


class NoLocations:
    """The database of an installation that has none."""

    available = False

    def __call__(self, ip: bytes) -> Location | None:  # noqa: ARG002 - as Locate
        """Nothing is known."""
        return None


def detected_location(request: TrackingRequest, ip: bytes, locate: Locate) -> dict[str, Any]:
    """The columns `location_country`, `_region`, `_city`, `_latitude` and `_longitude` of an address."""
    settings = request.settings
    provider = settings.options.get(PROVIDER_OPTION, "")
    by_language = settings.tracker_flag("enable_default_location_provider")
    location: Location | None = None
    if provider == "disabled":
        by_language = False
    elif provider == "geoip2php" and locate.available:
        location = locate(ip)
    elif provider == "geoip2server":
        location = _of_server(request) if _is_of_request(request, ip) else locate(ip)
    if location is not None:
        return _columns(location)
    country = UNKNOWN
    if by_language:
        country = country_of_language(
            request.language, settings.tracker_flag("enable_language_to_country_guess")
        )
    return _columns_of_country(country)


def _is_of_request(request: TrackingRequest, ip: bytes) -> bool:
    """Whether the web server, which knows the sender's location only, was asked for the visitor's address."""
    sender = packed(client_address(request.server, request.settings.general))
    return ip == sender or any(ip == anonymized(sender, length) for length in range(1, 5))


def _of_server(request: TrackingRequest) -> Location | None:
    known = {name: str(value) for name in _SERVER_VARIABLES if truthy(value := request.server.get(name))}
    if not known:
        return None
    return Location(
        country=known.get(_SERVER_COUNTRY),
        region=known.get("MM_REGION_CODE"),
        city=known.get("MM_CITY_NAME"),
        latitude=_degrees(known.get("MM_LATITUDE")),
        longitude=_degrees(known.get("MM_LONGITUDE")),
    )


def _degrees(text: str | None) -> float | None:
    return to_float(text) if is_numeric(text) else None


@lru_cache(maxsize=16384)
def _columns(location: Location) -> dict[str, Any]:
    return {
        "location_country": ascii_lower(location.country or UNKNOWN),
        "location_region": location.region,
        "location_city": location.city,
        "location_latitude": _rounded(location.latitude),
        "location_longitude": _rounded(location.longitude),
    }


@lru_cache(maxsize=512)
def _columns_of_country(country: str) -> dict[str, Any]:
    return _columns(Location(country=country))


def _rounded(degrees: float | None) -> float | None:
    return None if degrees is None else round_half_up(degrees, _PRECISION)
