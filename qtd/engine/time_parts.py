"""What the parts of a written time add up to: date, time of day, zone and relative steps, as PHP adds them.

A step that leads to a day that a month does not have runs over into the next month; weekdays and the edge
of a month apply before and after the other steps, respectively.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from qtd.engine.calendar_days import civil, days, weekday_of
from qtd.engine.time_zone import find_zone, offset_of, utc_offset

#: Of a number of seconds, with its sign; PHP takes no more than fit into 64 bits.
_MOST_DIGITS = 19

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_TEXTS = {"last": -1, "previous": -1, "this": 0, "next": 1}
_TEXTS |= {ordinal: number for number, ordinal in enumerate(_ORDINALS.split(), start=1)}
#: A unit's first letters, the field that it steps, and by how much.
_UNITS = (
    ("sec", "second", 1),
    ("min", "minute", 1),
    ("hour", "hour", 1),
    ("day", "day", 1),
    ("week", "day", 7),
    ("fort", "day", 14),
    ("month", "month", 1),
    ("year", "year", 1),
)

Groups = dict[str, str | None]


class WrongTime(ValueError):
    """The text is no time."""


class Parts:
    """The parts read so far."""

    def __init__(self) -> None:
        self._day: list[int | None] = [None, None, None]
        self._clock: tuple[int, int, int] | None = None
        self._has_date = False
        self._has_time = 0
        #: seconds east of Greenwich, or a zone with its own rules
        self._zone: int | tzinfo = 0
        self._zones = 0
        self._steps = dict.fromkeys(("year", "month", "day", "hour", "minute", "second"), 0)
        #: 0 is Sunday
        self._weekday: int | None = None
        #: 0: strictly after, 1: today counts, 2: within the week
        self._weekday_rule = 0
        self._edge = ""

    def add(self, meaning: str, found: Groups) -> None:
        """Add a part: what it means (one of the methods below) and what its pattern's groups found.

        Raises `WrongTime` for a second date or time, a third zone, or a zone that is not known.
        """
        getattr(self, f"_add_{meaning}")(found)

    def _add_keyword(self, found: Groups) -> None:
        word = str(found["word"]).lower()
        if word != "now":
            self._forget_time()
        if word == "noon":
            self._has_time, self._clock = 1, (12, 0, 0)
        self._steps["day"] = {"yesterday": -1, "tomorrow": 1}.get(word, self._steps["day"])

    def _add_epoch(self, found: Groups) -> None:
        self._has_date = False
        self._day, self._clock, self._has_time = [1970, 1, 1], (0, 0, 0), 0
        epoch = str(found["epoch"])
        if len(epoch) > _MOST_DIGITS:
            raise WrongTime
        self._steps["second"] += int(epoch)
        self._set_zone(0)

    def _add_edge_of_month(self, found: Groups) -> None:
        self._edge = str(found["edge"]).lower()

    def _add_time(self, found: Groups) -> None:
        if self._has_time:
            raise WrongTime
        self._has_time = 1
        hour = int(found["h"] or 0)
        meridian = found.get("meridian")
        if meridian:
            hour = hour % 12 + (12 if meridian in "pP" else 0)
        self._clock = (hour, int(found.get("i") or 0), int(found.get("s") or 0))

    def _add_time_or_year(self, found: Groups) -> None:
        if self._has_time > 1:
            raise WrongTime
        if self._has_time:
            self._day[0] = int(f"{found['h']}{found['i']}")
        else:
            self._clock = (int(found["h"] or 0), int(found["i"] or 0), 0)
        self._has_time += 1

    def _add_date(self, found: Groups) -> None:
        if self._has_date:
            raise WrongTime
        self._has_date = True
        year = found.get("y")
        if year is not None:
            number = int(year)
            if len(year) < 4 and number < 100:
                number += 2000 if number < 70 else 1900
            self._day[0] = -number if found.get("sign") == "-" else number
        self._day[1] = _month(found["month"] or "") if found.get("month") else int(found["m"] or 0)
        self._day[2] = int(found["d"] or 0)

    def _add_month(self, found: Groups) -> None:
        self._add_date({**found, "d": "1"})

    def _add_date_and_time(self, found: Groups) -> None:
        self._add_time(found)
        self._add_date(found)

    def _add_day_of_year(self, found: Groups) -> None:
        self._add_date({"y": found["y"], "m": "1", "d": "1"})
        self._day = [*civil(days(int(found["y"] or 0), 1, int(found["yday"] or 0)))]

    def _add_week(self, found: Groups) -> None:
        year, weekday = int(found["y"] or 0), int(found.get("wday") or 1)
        self._add_date({"y": found["y"], "m": "1", "d": "1"})
        self._steps["day"] = (int(found["week"] or 0) - 1) * 7 + weekday - _before_first_week(year)

    def _add_year(self, found: Groups) -> None:
        self._day[0] = int(found["y"] or 0)

    def _add_month_only(self, found: Groups) -> None:
        if self._has_date:
            raise WrongTime
        self._has_date = True
        self._day[1] = _month(found["month"] or "")

    def _add_ago(self, _found: Groups) -> None:
        self._steps = {field: -step for field, step in self._steps.items()}
        if self._weekday is not None:
            self._weekday = -self._weekday or -7

    def _add_weekday(self, found: Groups) -> None:
        self._forget_time()
        self._weekday = _DAYS.index(str(found["weekday"])[:3].lower())
        if self._weekday_rule != 2:
            self._weekday_rule = 1

    def _add_this_week(self, found: Groups) -> None:
        self._steps["day"] += 7 * _TEXTS[str(found["text"]).lower()]
        self._weekday_rule = 2
        if self._weekday is None:
            self._weekday = 1

    def _add_step(self, found: Groups) -> None:
        text = found.get("text")
        if text:
            amount = _TEXTS["eighth" if text.lower() == "eight" else text.lower()]
        else:
            written = str(found["step"])
            amount = int(written.lstrip("+-").strip()) * (-1) ** written.count("-")
        unit = str(found["unit"]).lower()
        for start, field, size in _UNITS:
            if unit.startswith(start):
                self._steps[field] += amount * size
                return
        if text:
            self._forget_time()
        self._steps["day"] += 7 * (amount - 1 if amount > 0 else amount)
        self._weekday = _DAYS.index(unit[:3])
        self._weekday_rule = 1 if text and text.lower() == "this" else 0

    def _add_offset(self, found: Groups) -> None:
        self._set_zone(offset_of(str(found["offset"])))

    def _add_zone(self, found: Groups) -> None:
        known = find_zone(str(found["name"]))
        if known is None and not self._zones:
            raise WrongTime
        self._set_zone(known or 0)

    def _set_zone(self, zone: int | tzinfo) -> None:
        self._zones += 1
        if self._zones == 1:
            self._zone = zone
        elif self._zones > 2:
            raise WrongTime

    def _forget_time(self) -> None:
        self._has_time, self._clock = 0, (0, 0, 0)

    def timestamp(self, now: int) -> int:
        """Unix seconds; what no part says comes from `now`, but a date without a time is midnight."""
        moment = datetime.fromtimestamp(now, UTC)
        year, month, day = (
            known if given is None else given
            for given, known in zip(self._day, (moment.year, moment.month, moment.day), strict=True)
        )
        if self._has_date and not self._has_time:
            hour, minute, second = 0, 0, 0
        else:
            hour, minute, second = self._clock or (moment.hour, moment.minute, moment.second)
        if self._weekday is not None:
            day += self._days_to(self._weekday, weekday_of(days(year, month, day)))
        steps = self._steps
        year, month, day = civil(days(year, month, day))
        year, month, day = year + steps["year"], month + steps["month"], day + steps["day"]
        if self._edge:
            day, month = (1, month) if self._edge == "first" else (0, month + 1)
        seconds = days(year, month, day) * 86400
        seconds += (hour + steps["hour"]) * 3600 + (minute + steps["minute"]) * 60 + second + steps["second"]
        return seconds - utc_offset(self._zone, seconds)

    def _days_to(self, weekday: int, today: int) -> int:
        if self._weekday_rule == 2:  # the week begins on Monday
            return (weekday or 7) - (today or 7)
        if weekday < 0:
            return -weekday - today - 7
        difference = weekday - today
        backwards = self._steps["day"] < 0
        if difference < 0 if backwards else difference <= -self._weekday_rule:
            difference += 7
        return difference


def _before_first_week(year: int) -> int:
    """Days that 1 January is behind the Sunday before the first ISO week; negative where it is ahead."""
    new_year = weekday_of(days(year, 1, 1))
    return new_year - 7 if new_year > 4 else new_year


def _month(name: str) -> int:
    return _ROMAN.index(name) + 1 if name in _ROMAN else _MONTHS.index(name[:3].lower()) + 1
