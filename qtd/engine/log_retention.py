"""How old a hit may be where Matomo deletes old raw data: what is older would be deleted again unseen.

Source: Matomo's "delete old raw data" settings, rows `delete_logs_*` of the option table.
"""

from __future__ import annotations

from collections.abc import Mapping

from qtd.engine.php import to_int

_DAY = 86400
#: Days, where Matomo's settings page was never saved.
_DEFAULT_INTERVAL = "7"
_DEFAULT_AGE = "180"


def oldest_kept(options: Mapping[str, str], now: float) -> float | None:
    """Unix seconds before which a hit is not taken, or None where raw data is kept for ever."""
    age = to_int(options.get("delete_logs_older_than", _DEFAULT_AGE))
    if not to_int(options.get("delete_logs_enable", "0")) or not age:
        return None
    interval = to_int(options.get("delete_logs_schedule_lowest_interval", _DEFAULT_INTERVAL))
    return now - (age + interval) * _DAY
