"""Which archived reports a late request makes out of date, and sites that turn out older than they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from qtd.engine.fingerprint import local_date
from qtd.engine.request import TrackingRequest
from qtd.engine.site import Site


def outdated_report(request: TrackingRequest, *, now: float) -> tuple[int, str] | None:
    """The site and day (in its timezone) whose reports are out of date; null for today, which is not archived yet."""
    today = datetime.fromtimestamp(now, UTC).astimezone(request.site.zone)
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    if request.timestamp >= midnight.timestamp():
        return None
    return request.idsite, local_date(request.timestamp, request)


def earlier_creation(site: Site, timestamp: int) -> str | None:
    """The creation time that lets reports reach back to a request: midnight UTC of the day before it.

    Null where the site is old enough, or does not say when it was created.
    """
    if not site.ts_created:
        return None
    day = datetime.fromtimestamp(timestamp, UTC) - timedelta(days=1)
    created = day.strftime("%Y-%m-%d 00:00:00")
    return created if created < site.ts_created else None
