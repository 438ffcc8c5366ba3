"""Times as tracking clients write them (`cdt`), read as PHP's strtotime reads them in UTC.

Source: PHP's documentation of its date and time formats. A text is a sequence of parts (dates, times,
zones, relative steps) in any order; at each place the longest part counts, and a second date, time or third
zone makes the text wrong. Not read, because no client sends them: counted weekdays (`3 weekdays ago`),
`first monday of`, `back of` and `front of`.
"""

from __future__ import annotations

import re
from calendar import timegm

from qtd.engine.time_parts import Parts, WrongTime
from qtd.engine.time_zone import offset_of

_PLAIN = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|([+-](?:1[0-4]|0\d):?[0-5]\d))?)?",
    re.ASCII,
)

_FRAGMENTS = {
    "MONTHS": "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec",
    "ROMAN": "IX|IV|V?I{1,3}|V|XI{0,2}",
    "DAYS": "(?:sun|mon|tues|wednes|thurs|fri|satur)days?|sun|mon|tue|wed|thu|fri|sat",
    "UNITS": r"(?:sec|second|min|minute|hour|day|fortnight|forthnight|month|year)s?|weeks",
    "TEXTS": "next|last|previous|this",
    "ORDINALS": "first|second|third|fourth|fifth|sixth|seventh|eighth?|ninth|tenth|eleventh|twelfth",
    "h24": r"(?P<h>2[0-4]|[01]?\d)",
    "hh24": r"(?P<h>2[0-4]|[01]\d)",
    "h12": r"(?P<h>1[0-2]|0?[1-9])",
    "i": r"(?P<i>[0-5]?\d)",
    "ii": r"(?P<i>[0-5]\d)",
    "s": r"(?P<s>60|[0-5]?\d)",
    "ss": r"(?P<s>60|[0-5]\d)",
    "meridian": r"(?P<meridian>[ap])\.?m\.?(?=[\0\t ]|\Z)",
    "d": r"(?P<d>3[01]|[0-2]?\d)(?:st|nd|rd|th)?",
    "dd": r"(?P<d>3[01]|[0-2]\d)",
    "m": r"(?P<m>1[0-2]|0?\d)",
    "mm": r"(?P<m>1[0-2]|0\d)",
    "y": r"(?P<y>\d{1,4})",
    "yy": r"(?P<y>\d\d)",
    "yyyy": r"(?P<y>\d{4})",
    "sign": r"(?P<sign>[+-]?)",
    "space": r"(?:[ \t]+)",
    "offset": r"(?:GMT)?(?P<offset>[+-](?:(?:2[0-4]|[01]\d)(?::[0-5]\d:[0-5]\d|[0-5]\d[0-5]\d)"
    r"|(?:2[0-4]|[01]?\d)(?::?[0-5]?\d)?))",
    "name": r"(?P<name>(?-i:[A-Z][a-z]+)(?:[_/-][a-z]+)+|\(?[a-z]{1,6}\)?)",
    "step": r"(?P<step>[+-]*[ \t]*\d{1,13})",
}
_FRAGMENTS["month"] = rf"(?P<month>{_FRAGMENTS['MONTHS']}|(?-i:{_FRAGMENTS['ROMAN']}))"
_FRAGMENTS["monthname"] = rf"(?P<month>{_FRAGMENTS['MONTHS']})"

# What a part means to Parts, and how it looks; of two that are equally long the first counts. {name} stands
# for a fragment; upper and lower case are the same.
_RULES = [
    (
        meaning,
        re.compile(
            re.sub(r"\{([A-Za-z]\w+|[a-z])\}", lambda found: _FRAGMENTS[found[1]], form),
            re.IGNORECASE | re.ASCII,
        ),
    )
    for meaning, form in (
        ("keyword", r"(?P<word>yesterday|now|noon|midnight|today|tomorrow)"),
        ("epoch", r"@(?P<epoch>-?\d+)(?:\.\d{0,6})?"),
        ("edge_of_month", r"(?P<edge>first|last) day of"),
        ("time", r"{h12}(?:[:.]{ii}(?:[:.]{ss})?)?{space}?{meridian}"),
        ("time", r"t?{h24}[:.]{i}(?:[:.]{s}(?:\.\d+)?)?"),
        ("time", r"t{h24}"),
        ("time_or_year", r"t?{hh24}{ii}"),
        ("time", r"t?{hh24}{ii}{ss}"),
        ("date", r"{m}/{d}(?:/{y})?"),
        ("date", r"{sign}{yyyy}-{mm}-{dd}"),
        ("date", r"{yyyy}/{mm}/{dd}/?"),
        ("date", r"{yyyy}/{m}/(?P<d>3[01]|[0-2]?\d)"),
        ("date", r"{yy}-{mm}-{dd}"),
        ("month", r"{yyyy}-{m}"),
        ("date", r"{y}-{m}-{d}"),
        ("date", r"{d}(?:{space}|[.-])*{month}(?:{space}|[.-])*{y}"),
        ("date", r"{d}[.\t-]{m}[.-]{yyyy}"),
        ("date", r"{d}[.\t]{m}\.{yy}"),
        ("month", r"{month}[ .\t-]*{yyyy}"),
        ("month", r"{yyyy}[ .\t-]*{month}"),
        ("date", r"{month}[ .\t-]*{d}[,.stndrh\t ]+{y}"),
        ("date", r"{month}[ .\t-]*{d}(?:[,.stndrh\t ]+|(?=\0|\Z))"),
        ("date_and_time", r"{month}[ .\t-]*{d}[,.stndrh\t ]+t?{h24}[:.]{i}(?:[:.]{s})?"),
        ("date_and_time", r"{month}[ .\t-]*{d}[,.stndrh\t ]+{h12}[:.]{ii}(?:[:.]{ss})?{space}?{meridian}"),
        ("date", r"{d}[ .\t-]*{month}"),
        ("date", r"{yyyy}{mm}{dd}"),
        ("date_and_time", r"{yyyy}{mm}{dd}t{hh24}:?{ii}:?{ss}"),
        ("date_and_time", r"{yyyy}-{m}-{d}t{h24}:{i}:{s}(?:\.\d+)?"),
        ("date_and_time", r"{yyyy}:{mm}:{dd} {hh24}:{ii}:{ss}"),
        ("day_of_year", r"{yyyy}[.-]?(?P<yday>00[1-9]|0[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])"),
        ("week", r"{yyyy}-?W(?P<week>0[1-9]|[1-4]\d|5[0-3])(?:-?(?P<wday>[0-7]))?"),
        ("date", r"{monthname}-{dd}-{y}"),
        ("date", r"{y}-{monthname}-{dd}"),
        ("date_and_time", r"{d}/{monthname}/{yyyy}:{hh24}:{ii}:{ss}(?={space})"),
        ("year", r"{yyyy}"),
        ("ago", r"ago"),
        ("weekday", r"(?P<weekday>{DAYS})"),
        ("this_week", r"(?P<text>{TEXTS}){space}week"),
        ("step", r"(?P<text>{TEXTS}|{ORDINALS}){space}(?P<unit>{UNITS}|{DAYS})"),
        ("month_only", r"{monthname}"),
        ("offset", r"{offset}"),
        ("zone", r"{name}"),
        ("step", r"{step}{space}?(?P<unit>{UNITS}|week|{DAYS})"),
    )
]


_SEPARATORS = " .,\t"
_END = re.compile(r"[\0\n]")


def parse_time(text: str, now: int) -> int | None:
    """Unix seconds, or None where strtotime gives false; relative times start from `now` (Unix seconds)."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        offset = plain[7]
        year, month, day, hour, minute, second = map(int, plain.groups("0")[:6])
        if year > 0 and 0 < month <= 12 and 0 < day <= 28 and hour < 24 and minute < 60 and second < 60:
            return timegm((year, month, day, hour, minute, second)) - (offset_of(offset) if offset else 0)
    if not text:
        return None
    parts = Parts()
    try:
        _scan(_END.split(text.strip(" \t\n\r\v\f"), maxsplit=1)[0], parts)
    except WrongTime:
        return None
    return parts.timestamp(now)


def _scan(text: str, parts: Parts) -> None:
    position = 0
    while position < len(text):
        longest: re.Match[str] | None = None
        means = ""
        for meaning, form in _RULES:
            found = form.match(text, position)
            if found and (longest is None or found.end() > longest.end()):
                longest, means = found, meaning
        if longest is not None:
            parts.add(means, longest.groupdict())
            position = longest.end()
        elif text[position] in _SEPARATORS:
            position += 1
        else:
            raise WrongTime
