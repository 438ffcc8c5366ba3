"""A site's timezone: an IANA name, or one of Matomo's own such as `UTC+5.5`.

Source: Matomo's site settings offer both; hours may have a fraction. What PHP does not know is UTC.
"""

from __future__ import annotations

from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from qtd.engine.php import to_float

_MOST_SECONDS = 86_399


@lru_cache(maxsize=1024)
def site_zone(name: str) -> tzinfo:
    """The timezone of that name, in any case."""
    if name[:4] in ("UTC+", "UTC-"):
        seconds = min(round(abs(to_float(name[4:])) * 3600), _MOST_SECONDS)
        return timezone(timedelta(seconds=-seconds if name[3] == "-" else seconds))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # ValueError: not a name; OSError: a folder
        known = {zone.lower(): zone for zone in available_timezones()}
        return ZoneInfo(known[name.lower()]) if name.lower() in known else UTC
