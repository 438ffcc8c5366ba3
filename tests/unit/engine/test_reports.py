from __future__ import annotations

import pytest

from qtd.engine.reports import earlier_creation, outdated_report
from qtd.engine.site import Site
from tests.tracking import NOW, request

MIDNIGHT = NOW - 10 * 3600


@pytest.mark.parametrize(
    ("zone", "at", "report"),
    [
        ("UTC", MIDNIGHT, None),
        ("UTC", MIDNIGHT - 1, (1, "2026-11-09")),
        ("UTC", MIDNIGHT - 86401, (1, "2026-11-08")),
        ("UTC+1", MIDNIGHT - 3600, None),
        ("UTC+1", MIDNIGHT - 3601, (1, "2026-11-09")),
        ("America/New_York", MIDNIGHT + 5 * 3600 - 1, (1, "2026-11-09")),
        ("Pacific/Kiritimati", NOW - 1, (1, "2026-11-10")),
        ("Pacific/Kiritimati", NOW, None),
    ],
)
def test_reports_of_past_days_are_out_of_date(zone: str, at: int, report: tuple[int, str] | None) -> None:
    """Days are the site's own, and today is not archived yet."""
    site = Site(idsite=1, urls=(), timezone=zone)
    assert outdated_report(request(site, at=at), now=NOW) == report


@pytest.mark.parametrize(
    ("created", "earlier"),
    [
        ("2026-11-09 00:00:00", None),
        ("2026-11-09 00:00:01", "2026-11-09 00:00:00"),
        ("2026-12-01 00:00:00", "2026-11-09 00:00:00"),
        (None, None),
    ],
)
def test_a_site_is_older_than_its_oldest_request(created: str | None, earlier: str | None) -> None:
    """By a day, so that reports in any timezone reach it; a site that does not say is left alone."""
    assert earlier_creation(Site(idsite=1, urls=(), ts_created=created), NOW) == earlier
