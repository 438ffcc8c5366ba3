from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from qtd.engine.authentication import hash_token
from qtd.engine.invalid import InvalidRequest
from qtd.engine.ip_address import packed
from qtd.engine.location import check_location_parameters, location_of_new_visit, location_overrides
from qtd.engine.location_provider import PROVIDER_OPTION, Location, NoLocations
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import TRACKER_DEFAULTS, Privacy, Settings
from qtd.engine.site import Site

ADDRESS = "81.2.69.142"
MASKED = packed("81.2.0.0")
TOKEN = "c0ffee00" * 4
SETTINGS = Settings(
    sites={1: Site(idsite=1, urls=("http://example.org",))},
    super_user_tokens=frozenset({hash_token(TOKEN, "")}),
)
OXFORD = Location(country="GB", region="ENG", city="Oxford", latitude=51.75346, longitude=-1.25)
OXFORD_COLUMNS = {
    "location_country": "gb",
    "location_region": "ENG",
    "location_city": "Oxford",
    "location_latitude": 51.753,
    "location_longitude": -1.25,
}


class _Database:
    """Knows one full address."""

    available = True

    def __call__(self, ip: bytes) -> Location | None:
        return OXFORD if ip == packed(ADDRESS) else None


def _request(
    params: Mapping[str, Any] | None = None,
    server: Mapping[str, Any] | None = None,
    settings: Settings = SETTINGS,
) -> TrackingRequest:
    return TrackingRequest(
        {"idsite": "1", "rec": "1"} | dict(params or {}),
        server={"REMOTE_ADDR": ADDRESS, "HTTP_ACCEPT_LANGUAGE": "de,en-US"} | dict(server or {}),
        cookies={},
        token_auth="",
        entry_time=1794304800,
        settings=settings,
    )


def _with_provider(provider: str, **changes: Any) -> Settings:
    return replace(SETTINGS, options={PROVIDER_OPTION: provider}, **changes)


def _only_country(code: str) -> dict[str, Any]:
    return {**dict.fromkeys(OXFORD_COLUMNS), "location_country": code}


def test_a_database_is_asked_for_the_full_address() -> None:
    """Degrees are kept with three digits, the country in lower case."""
    request = _request(settings=_with_provider("geoip2php"))
    assert location_of_new_visit(request, MASKED, _Database()) == OXFORD_COLUMNS


def test_a_database_is_asked_for_the_masked_address_where_privacy_says_so() -> None:
    """Then what it does not know is guessed from the language."""
    privacy = Privacy(use_anonymized_ip_for_visit_enrichment=True)
    request = _request(settings=_with_provider("geoip2php", privacy=privacy))
    assert location_of_new_visit(request, MASKED, _Database()) == _only_country("de")


@pytest.mark.parametrize("provider", ["", "default", "geoip2php", "geoip2server", "removed plug-in"])
def test_the_language_tells_the_country_where_nothing_else_does(provider: str) -> None:
    """Also where the chosen provider has no database, or does not exist any more."""
    request = _request(settings=_with_provider(provider))
    assert location_of_new_visit(request, MASKED, NoLocations()) == _only_country("de")


def test_the_language_is_not_guessed_from_where_that_is_off() -> None:
    """A region of a language still tells the country, unless the provider is off as a whole."""
    unsure = replace(SETTINGS, tracker={**TRACKER_DEFAULTS, "enable_language_to_country_guess": "0"})
    assert location_of_new_visit(_request(settings=unsure), MASKED, NoLocations()) == _only_country("us")
    off = replace(SETTINGS, tracker={**TRACKER_DEFAULTS, "enable_default_location_provider": "0"})
    assert location_of_new_visit(_request(settings=off), MASKED, NoLocations()) == _only_country("xx")


def test_nothing_is_located_where_that_is_disabled() -> None:
    """The provider `disabled` asks neither a database nor the language."""
    request = _request(settings=_with_provider("disabled"))
    assert location_of_new_visit(request, MASKED, _Database()) == _only_country("xx")


SERVER = {
    "MM_COUNTRY_CODE": "US",
    "MM_REGION_CODE": "CA",
    "MM_CITY_NAME": "Fresno",
    "MM_LATITUDE": "36.74773",
}


def test_a_web_servers_module_is_believed_for_its_own_client() -> None:
    """Its variables say where the sender is; another address is looked up in the database."""
    settings = _with_provider("geoip2server")
    found = location_of_new_visit(_request(server=SERVER, settings=settings), MASKED, _Database())
    assert found == {
        "location_country": "us",
        "location_region": "CA",
        "location_city": "Fresno",
        "location_latitude": 36.748,
        "location_longitude": None,
    }
    elsewhere = SERVER | {"REMOTE_ADDR": "192.0.2.1"}
    request = _request({"cip": ADDRESS, "token_auth": TOKEN}, elsewhere, settings)
    assert location_of_new_visit(request, MASKED, _Database()) == OXFORD_COLUMNS


GIVEN = {"country": "FR", "region": "A8", "city": "Paris", "lat": "48.8", "long": "2.3"}


def test_parameters_go_before_everything_else() -> None:
    """With a token the request says where the visitor is, as it writes it."""
    request = _request({**GIVEN, "token_auth": TOKEN}, settings=_with_provider("geoip2php"))
    expected = {
        "location_country": "FR",
        "location_region": "A8",
        "location_city": "Paris",
        "location_latitude": Decimal("48.800000"),
        "location_longitude": Decimal("2.300000"),
    }
    assert location_of_new_visit(request, MASKED, _Database()) == expected
    assert location_overrides(request) == expected


def test_what_the_parameters_do_not_say_is_looked_up() -> None:
    """One parameter does not silence the provider for the others; 0 and nothing are not given."""
    params = {"city": "Abingdon", "region": "0", "country": "", "token_auth": TOKEN}
    request = _request(params, settings=_with_provider("geoip2php"))
    assert location_of_new_visit(request, MASKED, _Database()) == OXFORD_COLUMNS | {
        "location_city": "Abingdon"
    }
    assert location_overrides(request) == {"location_city": "Abingdon"}


@pytest.mark.parametrize("name", GIVEN)
def test_a_location_without_a_token_is_an_error(name: str) -> None:
    """Each of the five parameters needs one."""
    request = _request({name: GIVEN[name]})
    for ask in (check_location_parameters, location_overrides):
        with pytest.raises(InvalidRequest) as error:
            ask(request)
        assert error.value.reason == "location_needs_token"


def test_a_new_visit_takes_the_beginning_of_long_texts() -> None:
    """A visit that goes on does not: there the database would refuse them."""
    request = _request({"country": "Germany", "region": "Bavaria", "city": "x" * 300, "token_auth": TOKEN})
    found = location_of_new_visit(request, MASKED, NoLocations())
    assert (found["location_country"], found["location_region"]) == ("Ger", "Bav")
    assert found["location_city"] == "x" * 255
    with pytest.raises(InvalidRequest) as error:
        location_overrides(request)
    assert error.value.reason == "location_too_long"


@pytest.mark.parametrize("text", ["abc", "48,8", "1000", "-999.9999999", "1e400", "12 N"])
def test_degrees_that_do_not_fit_lose_the_request(text: str) -> None:
    """The column is a decimal with three digits before the point, and Matomo's database is strict."""
    request = _request({"lat": text, "token_auth": TOKEN})
    with pytest.raises(InvalidRequest) as error:
        location_of_new_visit(request, MASKED, NoLocations())
    assert error.value.reason == "location_not_numeric"


def test_degrees_are_rounded_to_six_digits() -> None:
    """Half a digit goes up, as in the database."""
    request = _request({"lat": "48.8566125", "long": "-1e1", "token_auth": TOKEN})
    assert location_overrides(request) == {
        "location_latitude": Decimal("48.856613"),
        "location_longitude": Decimal("-10.000000"),
    }


def test_zero_degrees_have_no_sign() -> None:
    """As the database stores them."""
    assert (
        str(location_overrides(_request({"lat": "-0.0000001", "token_auth": TOKEN}))["location_latitude"])
        == "0.000000"
    )
