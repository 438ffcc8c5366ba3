"""The device fingerprint (`config_id`): recognises a visitor without an identifier for the length of a visit.

Source: Matomo's class Tracker Settings. It depends on the device, its plugins, address and language, on the
installation's salt, and on a random salt of the site and day, so that nobody is recognised over days.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from hashlib import md5
from typing import Protocol

from qtd.engine.device import Device
from qtd.engine.php import cut_bytes
from qtd.engine.request import TrackingRequest

#: Bytes of the language that enter the fingerprint.
_LANGUAGE_LENGTH = 20

#: All offsets from UTC are multiples of a quarter of an hour (in seconds), so within one the day does not change.
_QUARTER = 900


class FingerprintSalts(Protocol):
    """The random salts by site and day; one that is missing is made, and shared with everyone who tracks."""

    def salt(self, idsite: int, date: str) -> str:
        """The salt of a site for `YYYY-MM-DD` in the site's timezone."""


def local_date(timestamp: int, zone: tzinfo) -> str:
    """The day of a Unix timestamp in a timezone, as `YYYY-MM-DD`."""
    return _date_of_quarter(timestamp // _QUARTER, zone)


@lru_cache(maxsize=4096)
def _date_of_quarter(quarter: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(quarter * _QUARTER, UTC).astimezone(zone).strftime("%Y-%m-%d")


def fingerprint(request: TrackingRequest, device: Device, salts: FingerprintSalts) -> bytes:
    """The 8 bytes of `config_id`."""
    settings, site = request.settings, request.site
    plugins = request.plugins
    if device.is_internet_explorer:
        plugins = [*plugins[:-1], 0]
    flash, java, quicktime, realplayer, pdf, windowsmedia, silverlight, cookie = map(str, plugins)
    across_websites = settings.tracker_flag("enable_fingerprinting_across_websites")
    day_salt = ""
    if not across_websites and settings.tracker_flag("create_new_visit_after_midnight"):
        date = local_date(request.timestamp, site.zone)
        day_salt = salts.salt(site.idsite, date) + date
    device_text = "".join(
        (
            device.fingerprint_os,
            device.fingerprint_browser,
            device.fingerprint_browser_version,
            # the zeros are plugins that browsers no longer have
            f"{flash}{java}0{quicktime}{realplayer}{pdf}{windowsmedia}0{silverlight}{cookie}",
        )
    )
    # With anonymized addresses Matomo takes the packed form, although nothing is masked yet at this point.
    packed = settings.privacy.use_anonymized_ip_for_visit_enrichment
    address = request.ip if packed else request.address.encode()
    rest = cut_bytes(request.language, _LANGUAGE_LENGTH) + settings.salt + day_salt
    if not across_websites:
        rest += str(site.idsite)
    text = device_text.encode() + address + rest.encode("utf-8", "surrogateescape")
    return md5(text, usedforsecurity=False).digest()[:8]
