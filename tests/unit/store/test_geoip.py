from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from qtd.engine.ip_address import packed
from qtd.engine.location_provider import Location, NoLocations
from qtd.errors import ConfigurationError
from qtd.store.geoip import GeoIpDatabase, location_of, open_locations
from qtd.store.region_names import RegionNames

DATA = Path(__file__).parents[2] / "data" / "geoip"

REGION_NAMES = """<?php
// a list like the installation's
return array (
  'FR' =>
  array (
    'IDF' =>
    array (
      'name' => 'Île-de-France',
      'altNames' =>
      array (
        0 => 'Région d\\'Île-de-France',
      ),
      'current' => true,
    ),
  ),
);
"""


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    """An installation with the list of regions and no database."""
    names = tmp_path / "plugins" / "GeoIp2" / "data" / "isoRegionNames.php"
    names.parent.mkdir(parents=True)
    names.write_text(REGION_NAMES, encoding="utf-8")
    (tmp_path / "misc").mkdir()
    return tmp_path


@pytest.fixture
def cities() -> GeoIpDatabase:
    """The test database of cities, without an installation's list of regions."""
    return GeoIpDatabase(DATA / "GeoLite2-City.mmdb", RegionNames())


def test_the_last_subdivision_is_the_region_in_britain(cities: GeoIpDatabase) -> None:
    """In the United Kingdom the smallest subdivision counts, as in Matomo."""
    assert cities(packed("81.2.69.142")) == Location(
        country="GB", region="WBK", city="Boxford", latitude=51.75346, longitude=-1.25
    )


def test_a_code_with_its_country_loses_it(cities: GeoIpDatabase) -> None:
    """Some databases write the region's code as `NO-03`; the column takes `03`."""
    found = cities(packed("2a02:cf40::7"))
    assert found is not None
    assert (found.country, found.region) == ("NO", "03")


def test_an_address_that_is_not_in_the_database_has_no_location(cities: GeoIpDatabase) -> None:
    """Then the language decides, so nothing is different from an unknown country."""
    assert cities(packed("8.8.8.8")) is None


def test_a_record_without_a_country_is_a_location(cities: GeoIpDatabase) -> None:
    """What the database has is believed, even if it says little: no language is asked then."""
    assert cities(packed("198.18.2.1")) == Location(country="", latitude=0.0, longitude=0.0)


def test_a_region_without_code_is_found_by_its_name(installation: Path) -> None:
    """Databases without codes name regions; accents and case do not matter."""
    shutil.copy(DATA / "GeoLite2-City.mmdb", installation / "misc")
    found = open_locations(installation)(packed("198.18.1.9"))
    assert found is not None
    assert (found.city, found.region) == ("Paris", "IDF")


def test_a_region_of_unknown_name_has_an_empty_code(cities: GeoIpDatabase) -> None:
    """It is not null: there is a region, it only has no code."""
    found = cities(packed("198.18.1.9"))
    assert found is not None
    assert found.region == ""


def test_a_former_name_of_a_region_counts(installation: Path) -> None:
    """The list's other names are names too, quotes in them included."""
    assert RegionNames(installation).code("FR", "REGION D'ILE-DE-FRANCE") == "IDF"


def test_a_database_of_countries_says_nothing_else(installation: Path) -> None:
    """Its other columns are null; an IPv6 address is not in a database of IPv4."""
    shutil.copy(DATA / "GeoLite2-Country.mmdb", installation / "misc")
    locate = open_locations(installation)
    assert locate(packed("81.2.69.142")) == Location(country="GB")
    assert locate(packed("2a02:cf40::7")) is None


def test_the_better_database_comes_first(installation: Path) -> None:
    """Cities are asked rather than countries where both lie there."""
    shutil.copy(DATA / "GeoLite2-Country.mmdb", installation / "misc")
    shutil.copy(DATA / "GeoLite2-City.mmdb", installation / "misc" / "DBIP-City.mmdb")
    assert repr(open_locations(installation)) == "<GeoIpDatabase DBIP-City.mmdb cities>"


def test_without_a_database_nothing_is_located(installation: Path) -> None:
    """No installation, or one without a database of places: the provider is not available."""
    shutil.copy(DATA / "GeoLite2-ASN.mmdb", installation / "misc")
    for locate in (open_locations(None), open_locations(installation), NoLocations()):
        assert not locate.available
        assert locate(packed("81.2.69.142")) is None


def test_a_broken_database_is_named(installation: Path) -> None:
    """A file that is no database, or one of another kind, is an error that says which file."""
    broken = installation / "misc" / "GeoIP2-City.mmdb"
    broken.write_bytes(b"not a database")
    with pytest.raises(ConfigurationError, match=r"GeoIP2-City\.mmdb can not be read"):
        open_locations(installation)
    shutil.copy(DATA / "GeoLite2-ASN.mmdb", broken)
    with pytest.raises(ConfigurationError, match="unknown kind: GeoLite2-ASN"):
        open_locations(installation)


def test_parts_of_another_form_are_taken_as_missing() -> None:
    """A record whose parts are not what they should be does not stop tracking."""
    record = {"country": "GB", "subdivisions": "x", "city": {"names": ["Boxford"]}}
    assert location_of(record, RegionNames()) == Location(country="")
