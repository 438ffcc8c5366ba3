from __future__ import annotations

from hashlib import md5
from typing import Any

import pytest

from qtd.engine.device import Device
from qtd.engine.fingerprint import fingerprint, local_date
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import Privacy
from qtd.engine.site import Site
from qtd.engine.site_zone import site_zone
from tests.tracker import SITE, Salts, settings
from tests.tracking import NOW

DEVICE = Device(fingerprint_os="LIN", fingerprint_browser="FF", fingerprint_browser_version="120.0")


def asked(
    site: Site = SITE, *, lang: str = "de", tracker: dict[str, str] | None = None, **more: Any
) -> TrackingRequest:
    """A request of 198.51.100.7."""
    params = more.pop("params", {})
    return TrackingRequest(
        {"idsite": str(site.idsite), "rec": "1", "lang": lang, **params},
        server={"REMOTE_ADDR": "198.51.100.7"},
        cookies={},
        token_auth="",
        entry_time=NOW,
        settings=settings(site, tracker=tracker, salt="SALT", **more),
    )


def digest(text: bytes) -> bytes:
    """What the column holds of a text."""
    return md5(text, usedforsecurity=False).digest()[:8]


def test_what_it_is_made_of() -> None:
    """Device, plugins with two zeros between them, address, language, salt, the day's salt and date, site."""
    day = "2026-11-10"
    expected = f"LINFF120.01000000011198.51.100.7deSALTsalt of 1 on {day}{day}1"
    params = {"fla": "1", "ag": "1", "cookie": "1"}
    assert fingerprint(asked(params=params), DEVICE, Salts()) == digest(expected.encode())


def test_internet_explorers_cookies_do_not_count() -> None:
    """Matomo takes them for switched off."""
    device = Device(is_internet_explorer=True)
    with_cookie = asked(params={"cookie": "1"})
    assert fingerprint(with_cookie, device, Salts()) == fingerprint(asked(), device, Salts())
    assert fingerprint(with_cookie, DEVICE, Salts()) != fingerprint(asked(), DEVICE, Salts())


def test_across_websites_it_has_neither_day_nor_site() -> None:
    """So that a device is the same on all of them."""
    tracker = {"enable_fingerprinting_across_websites": "1"}
    expected = "LINFF120.00000000000198.51.100.7deSALT"
    other = Site(idsite=2, urls=())
    for site in (SITE, other):
        assert fingerprint(asked(site, tracker=tracker), DEVICE, Salts()) == digest(expected.encode())


def test_without_new_visits_at_midnight_it_has_no_day() -> None:
    """Else every midnight would begin a new visit."""
    expected = "LINFF120.00000000000198.51.100.7deSALT1"
    one = asked(tracker={"create_new_visit_after_midnight": "0"})
    assert fingerprint(one, DEVICE, Salts()) == digest(expected.encode())


def test_language_is_cut_by_bytes() -> None:
    """Twenty of them, within a character if need be."""
    lang = "a" * 19 + "\u00e4"
    one = asked(lang=lang, tracker={"enable_fingerprinting_across_websites": "1"})
    expected = b"LINFF120.00000000000198.51.100.7" + lang.encode()[:20] + b"SALT"
    assert fingerprint(one, DEVICE, Salts()) == digest(expected)


def test_with_anonymized_addresses_the_packed_one_counts() -> None:
    """Although it is not masked yet at this point."""
    one = asked(
        privacy=Privacy(use_anonymized_ip_for_visit_enrichment=True),
        tracker={"enable_fingerprinting_across_websites": "1"},
    )
    expected = b"LINFF120.00000000000" + bytes((198, 51, 100, 7)) + b"deSALT"
    assert fingerprint(one, DEVICE, Salts()) == digest(expected)


@pytest.mark.parametrize(
    ("zone", "date"),
    [
        ("UTC", "2026-11-10"),
        ("Pacific/Kiritimati", "2026-11-11"),
        ("UTC+13.75", "2026-11-10"),
        ("UTC-11", "2026-11-09"),
    ],
)
def test_the_day_is_the_sites(zone: str, date: str) -> None:
    """At ten o'clock UTC it is midnight on Kiritimati."""
    assert local_date(NOW, site_zone(zone)) == date
