"""Where a visitor is: the columns `location_country`, `_region`, `_city`, `_latitude` and `_longitude`.

Source: Matomo's tracking API (`country`, `region`, `city`, `lat`, `long`, which need a token); what the
request does not say comes from the location provider. Null is not known; an unknown country is `xx`.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from qtd.engine.invalid import InvalidRequest, storable
from qtd.engine.ip_address import anonymized
from qtd.engine.location_provider import Locate, detected_location
from qtd.engine.php import cut_bytes, is_numeric, to_float, truthy
from qtd.engine.request import TrackingRequest

#: parameter -> column
_OVERRIDES = {
    "city": "location_city",
    "region": "location_region",
    "country": "location_country",
    "lat": "location_latitude",
    "long": "location_longitude",
}
_LENGTHS = {"location_city": 255, "location_region": 3, "location_country": 3}
_DEGREE_UNIT = Decimal("0.000001")
_MOST_DEGREES = Decimal(1000)


def check_location_parameters(request: TrackingRequest) -> None:
    """Raise `InvalidRequest` where a request without a valid token says where its visitor is."""
    if request.params.raw.keys().isdisjoint(_OVERRIDES):
        return
    for name in _OVERRIDES:
        if truthy(request.params.text(name)) and not request.authenticated:
            raise InvalidRequest("location_needs_token", f"{name} was used without a valid token_auth")


def location_overrides(request: TrackingRequest) -> dict[str, Any]:
    """The columns that the request sets by parameter, also on a visit that goes on.

    Raises `InvalidRequest` for what the columns do not take: Matomo's database is strict, so such a request
    is lost.
    """
    if request.params.raw.keys().isdisjoint(_OVERRIDES):
        return {}
    check_location_parameters(request)
    given = {column: request.params.text(name) for name, column in _OVERRIDES.items()}
    return {column: _storable(column, text) for column, text in given.items() if truthy(text)}


def stored_address(request: TrackingRequest, packed: bytes) -> bytes:
    """An address as it is stored: masked as the privacy settings say."""
    privacy = request.settings.privacy
    return anonymized(packed, privacy.ip_address_mask_length) if privacy.ip_anonymizer_enabled else packed


def location_of_new_visit(request: TrackingRequest, location_ip: bytes, locate: Locate) -> dict[str, Any]:
    """All five columns of a visit that begins.

    `location_ip` is the address as it is stored; it is the one that is located where the privacy settings
    want it so. Raises `InvalidRequest` as `location_overrides` does.
    """
    columns: dict[str, Any] = {}
    if not request.params.raw.keys().isdisjoint(_OVERRIDES):
        check_location_parameters(request)
        for name, column in _OVERRIDES.items():
            text = request.params.text(name)
            if truthy(text):
                length = _LENGTHS.get(column)
                columns[column] = _storable(column, cut_bytes(text, length) if length else text)
    if len(columns) == len(_OVERRIDES):
        return columns
    masked = request.settings.privacy.use_anonymized_ip_for_visit_enrichment
    return {**detected_location(request, location_ip if masked else request.ip, locate), **columns}


def _storable(column: str, text: str) -> str | Decimal:
    length = _LENGTHS.get(column)
    if length is not None:
        if len(text) > length:
            raise InvalidRequest("location_too_long", f"{column} takes {length} characters")
        return storable(text)
    degrees = Decimal(repr(to_float(text))) if is_numeric(text) else Decimal("NaN")
    if degrees.is_finite() and abs(degrees) < _MOST_DEGREES:
        # Zero has no sign in the database.
        degrees = degrees.quantize(_DEGREE_UNIT, ROUND_HALF_UP) + 0
        if abs(degrees) < _MOST_DEGREES:
            return degrees
    raise InvalidRequest("location_not_numeric", f"{column} takes degrees")
