"""Which archived reports a late request makes out of date, and sites that turn out older than they say."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from qtd.engine.fingerprint import local_date
from qtd.engine.request import TrackingRequest
from qtd.engine.site import Site

_DAY = 86400


def outdated_report(request: TrackingRequest, *, now: float) -> tuple[int, str] | None:
    """The site and day (in its timezone) whose reports are out of date; null for today, which is not archived yet."""
    zone = request.site.zone
    day = local_date(request.timestamp, zone)
    return None if day >= local_date(int(now), zone) else (request.idsite, day)


def earlier_creation(site: Site, timestamp: int) -> str | None:
    """The creation time that lets reports reach back to a request: midnight UTC of the day before it.

    Null where the site is old enough, or does not say when it was created.
    """
    if not site.ts_created:
        return None
    created = _midnight(timestamp // _DAY - 1)
    return created if created < site.ts_created else None


@lru_cache(maxsize=4096)
def _midnight(day: int) -> str:
    """The beginning of a day, counted from 1970, in UTC."""
    return datetime.fromtimestamp(day * _DAY, UTC).strftime("%Y-%m-%d 00:00:00")
