"""Locations by address from the GeoIP2 and DB-IP databases that an installation keeps under `misc/`.

Source: Matomo's GeoIp2 plugin for the files, their order and the codes of regions;
https://maxmind.github.io/MaxMind-DB/ for the format. Databases of providers (ISP, ASN) are not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import maxminddb

from qtd.engine.ip_address import text
from qtd.engine.location_provider import Locate, Location, NoLocations
from qtd.errors import ConfigurationError
from qtd.store.region_names import RegionNames

_FOLDER: Final = "misc"
#: Below `misc/`; the first that is there counts.
_FILES: Final = (
    "GeoIP2-City.mmdb",
    "DBIP-City.mmdb",
    "DBIP-City-Lite.mmdb",
    "DBIP-Country-Lite.mmdb",
    "DBIP-Country.mmdb",
    "GeoIP2-City-Africa.mmdb",
    "GeoIP2-City-Asia-Pacific.mmdb",
    "GeoIP2-City-Europe.mmdb",
    "GeoIP2-City-North-America.mmdb",
    "GeoIP2-City-South-America.mmdb",
    "GeoIP2-Enterprise.mmdb",
    "GeoIP2-Country.mmdb",
    "GeoLite2-City.mmdb",
    "GeoLite2-Country.mmdb",
    "DBIP-Enterprise.mmdb",
)

_COUNTRY_TYPES: Final = frozenset(
    {
        "GeoLite2-Country",
        "GeoIP2-Country",
        "DBIP-Country-Lite",
        "DBIP-Country",
        "DBIP-Location (compat=Country)",
    }
)
_CITY_TYPES: Final = frozenset(
    {
        "GeoLite2-City",
        "DBIP-City-Lite",
        "DBIP-City",
        "GeoIP2-City",
        "GeoIP2-City-Africa",
        "GeoIP2-City-Asia-Pacific",
        "GeoIP2-City-Europe",
        "GeoIP2-City-North-America",
        "GeoIP2-City-South-America",
        "DBIP-Location (compat=City)",
        "GeoIP2-Enterprise",
        "DBIP-Location-ISP (compat=Enterprise)",
        "DBIP-Enterprise",
    }
)
#: Countries whose last subdivision is the region; elsewhere it is the first.
_LAST_SUBDIVISION: Final = frozenset({"GB"})


def open_locations(matomo_path: Path | None, *, cache_size: int = 16384) -> Locate:
    """Open the installation's database; without one nothing is located.

    `ConfigurationError` names a file that is no GeoIP database of a known kind.
    """
    if matomo_path is None:
        return NoLocations()
    path = next((file for name in _FILES if (file := matomo_path / _FOLDER / name).is_file()), None)
    if path is None:
        return NoLocations()
    return GeoIpDatabase(path, RegionNames(matomo_path), cache_size=cache_size)


class GeoIpDatabase:
    """A database file, mapped into memory; answers are remembered."""

    available = True

    def __init__(self, path: Path, regions: RegionNames, *, cache_size: int = 16384) -> None:
        try:
            self._reader = maxminddb.open_database(path)
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            raise ConfigurationError(
                f"matomo.path: {path} can not be read as a GeoIP database: {error}"
            ) from error
        kind = self._reader.metadata().database_type
        if kind not in _COUNTRY_TYPES | _CITY_TYPES:
            self._reader.close()
            raise ConfigurationError(f"matomo.path: {path} is a database of an unknown kind: {kind}")
        self.path = path
        self._has_cities = kind in _CITY_TYPES
        self._regions = regions
        self._locate = lru_cache(maxsize=cache_size)(self._look_up)

    def __repr__(self) -> str:
        return f"<GeoIpDatabase {self.path.name} {'cities' if self._has_cities else 'countries'}>"

    def __call__(self, ip: bytes) -> Location | None:
        """The location of an address (4 or 16 bytes), or None where the database does not have it."""
        return self._locate(ip)

    def close(self) -> None:
        """Unmap the file."""
        self._reader.close()

    def _look_up(self, ip: bytes) -> Location | None:
        if len(ip) > 4 and self._reader.metadata().ip_version == 4:
            return None
        record = self._reader.get(text(ip))
        return (
            location_of(record, self._regions, with_city=self._has_cities)
            if isinstance(record, dict)
            else None
        )


def location_of(record: Mapping[str, Any], regions: RegionNames, *, with_city: bool = True) -> Location:
    """What a database's record says, in Matomo's terms."""
    country = str(_part(record, "country").get("iso_code") or "").upper()
    if not with_city:
        return Location(country=country)
    coordinates = _part(record, "location")
    return Location(
        country=country,
        region=_region(record.get("subdivisions"), country, regions),
        city=_name(_part(record, "city")),
        latitude=coordinates.get("latitude"),
        longitude=coordinates.get("longitude"),
    )


def _region(subdivisions: Any, country: str, regions: RegionNames) -> str | None:
    """The subdivision's ISO 3166-2 code without the country, by its name where it has none; null without any."""
    if not isinstance(subdivisions, list) or not subdivisions:
        return None
    subdivision = subdivisions[-1 if country in _LAST_SUBDIVISION else 0]
    code = str(subdivision.get("iso_code") or "").upper().removeprefix(f"{country}-")
    return code or regions.code(country, _name(subdivision) or "")


def _part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = record.get(name)
    return part if isinstance(part, dict) else {}


def _name(part: Mapping[str, Any]) -> str | None:
    return _part(part, "names").get("en")
