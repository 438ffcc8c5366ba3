from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qtd.engine.site_zone import site_zone

SUMMER = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("UTC", 0),
        ("UTC+1", 1),
        ("UTC-11.5", -11.5),
        ("UTC+5.75", 5.75),
        ("UTC-0.5", -0.5),
        ("UTC+", 0),
        ("Europe/Berlin", 2),
        ("europe/berlin", 2),
        ("Asia/Kolkata", 5.5),
        ("Mars/Phobos", 0),
        ("", 0),
        ("../etc", 0),
    ],
)
def test_names_of_zones(name: str, hours: float) -> None:
    """IANA's in any case, and Matomo's own with fractions of hours; what PHP does not know is UTC."""
    assert SUMMER.astimezone(site_zone(name)).utcoffset() == timedelta(hours=hours)
