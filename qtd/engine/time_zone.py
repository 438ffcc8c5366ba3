"""Time zones as they stand in written times: offsets, abbreviations and names of the IANA database."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Half hours east of Greenwich. Where several zones share an abbreviation it is the one that PHP takes.
_ABBREVIATIONS = {
    name: int(half_hours)
    for name, half_hours in re.findall(
        r"(\w+)([+-]\d+)",
        "utc+0 gmt+0 wet+0 bst+2 ist+4 west+2 cet+2 cest+4 eet+4 eest+6 msk+6 sast+4 pkt+10 wib+14 hkt+16"
        " awst+16 kst+17 jst+18 acst+19 aest+20 acdt+21 aedt+22 nzst+24 nzdt+26"
        " edt-8 est-10 cdt-10 cst-12 mdt-12 mst-14 pdt-14 pst-16 akdt-16 akst-18 hst-20"
        # military letters
        " z+0 a+2 b+4 c+6 d+8 e+10 f+12 g+14 h+16 i+18 k+20 l+22 m+24"
        " n-2 o-4 p-6 q-8 r-10 s-12 t-14 u-16 v-18 w-20 x-22 y-24",
    )
}
_OFFSET = re.compile(r"(\d\d?)(?::?(\d\d?)(?::?(\d\d))?)?")
_PACKED_OFFSET = re.compile(r"(\d)(\d\d)()")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local time


@lru_cache(maxsize=256)
def find_zone(name: str) -> int | tzinfo | None:
    """The zone of a name (`Europe/Berlin`), or the seconds east of Greenwich of an abbreviation (`CET`).

    Parentheses around it do not matter; None where it is not known.
    """
    name = name.strip("()")
    half_hours = _ABBREVIATIONS.get(name.lower())
    if half_hours is not None:
        return 1800 * half_hours
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # ValueError: not a name; OSError: a folder
        return None


def offset_of(written: str) -> int:
    """Seconds east of Greenwich of `+1`, `+130`, `+0130`, `+01:30` and `+01:30:15`."""
    sign, digits = written[0], written[1:]
    found = _PACKED_OFFSET.fullmatch(digits) or _OFFSET.fullmatch(digits)
    hours, minutes, seconds = (int(part or 0) for part in (found.groups() if found else (0, 0, 0)))
    return (hours * 3600 + minutes * 60 + seconds) * (-1 if sign == "-" else 1)


def utc_offset(zone: int | tzinfo, local_seconds: int) -> int:
    """Seconds that a zone is ahead of UTC at a local time, given as seconds since 1970-01-01 00:00 local."""
    if isinstance(zone, int):
        return zone
    try:
        local = (_EPOCH + timedelta(seconds=local_seconds)).replace(tzinfo=zone)
        offset = local.utcoffset()
    except OverflowError:  # before year 1 or after 9999
        return 0
    return int(offset.total_seconds()) if offset else 0
