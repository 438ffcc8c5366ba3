"""Days since 1970-01-01 of any year, month and day, also of those that run over."""

from __future__ import annotations

from datetime import date

#: The Gregorian calendar repeats itself.
_ERA_YEARS, _ERA_DAYS = 400, 146097
_EPOCH = date(1970, 1, 1).toordinal()


def days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; month 13 is next January, day 0 the last one of the month before."""
    years, month = divmod(month - 1, 12)
    era, year = divmod(year + years, _ERA_YEARS)
    return date(year + _ERA_YEARS, month + 1, 1).toordinal() - _EPOCH + day - 1 + (era - 1) * _ERA_DAYS


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a number of days since 1970-01-01."""
    era, days = divmod(days + _EPOCH - 1, _ERA_DAYS)
    known = date.fromordinal(days + 1)
    return known.year + era * _ERA_YEARS, known.month, known.day


def weekday_of(days: int) -> int:
    """0 for Sunday to 6 for Saturday."""
    return (days + 4) % 7  # 1970 began on a Thursday
