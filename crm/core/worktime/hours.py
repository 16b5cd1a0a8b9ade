"""Opening hours of a week, in wall time.

JSON shape, for storage and the API::

    {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], "fri": [["22:00", "06:00"]], ...}

Times are ``HH:MM``; a day left out is closed; what lies between two intervals is a break. An interval whose
end is not after its start runs past midnight and belongs to the day it starts on; midnight as an end may be
written ``24:00`` or ``00:00``. Touching intervals are fine, overlapping ones are refused, also across
midnight and from Sunday to Monday.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from django.utils.translation import gettext as _

from crm.core.errors import Invalid

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
WEEK = 7 * DAY
MOST_INTERVALS = 24  # a day; enough for any timetable, and a bound on what a request can cost

Interval = tuple[int, int]
"""Minutes after local midnight, from and to; ``to`` passes 1440 when the interval runs into the next day."""

DayHours = tuple[Interval, ...]
"""Intervals of one day, in order and apart."""

Placed = tuple[str, int, Interval]
"""Where an interval was written, the minutes before its day, and the interval."""

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", re.ASCII)


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Hours per weekday, Monday first. Hashable; equal hours are equal however they were written."""

    days: tuple[DayHours, ...] = ((),) * 7

    def __post_init__(self) -> None:
        if len(self.days) != len(WEEKDAYS):
            raise ValueError(f"{len(self.days)} days; a week has 7")
        intervals = [interval for day in self.days for interval in day]
        if not all(0 <= opens < DAY and 0 < closes - opens < DAY + (opens == 0) for opens, closes in intervals):
            raise ValueError(f"{self.days} has an interval that starts outside its day or lasts too long to write")
        object.__setattr__(self, "days", tuple(tuple(sorted(day)) for day in self.days))
        _refuse_overlaps(list(self._placed()), around=True)

    @classmethod
    def parse(cls, raw: object, *, field: str = "hours") -> Self:
        """Hours from their JSON shape; ``Invalid`` with a field like ``hours.mon[1]`` for anything else."""
        if not isinstance(raw, dict):
            detail = _('Opening hours are given per weekday, such as {"mon": [["09:00", "18:00"]]}.')
            raise _wrong(detail, field)
        for key in raw:
            if key not in WEEKDAYS:
                detail = _("“%(key)s” is no weekday. The names are: %(names)s.")
                raise _wrong(detail % {"key": str(key)[:40], "names": ", ".join(WEEKDAYS)}, field)
        try:
            return cls(tuple(parse_day(raw.get(name, []), field=name) for name in WEEKDAYS))
        except Invalid as error:
            raise Invalid(error.detail, field=f"{field}.{error.field}", code=error.specific_code) from None

    @classmethod
    def on_workdays(cls, opens: str, closes: str) -> Self:
        """The same hours Monday to Friday: ``on_workdays("10:00", "18:00")``."""
        return cls.parse({name: [[opens, closes]] for name in WEEKDAYS[:5]})

    @classmethod
    def always(cls) -> Self:
        """Open around the clock, every day."""
        return cls((((0, DAY),),) * 7)

    def to_json(self) -> dict[str, list[list[str]]]:
        """The JSON shape with all seven days; ``parse`` gives back an equal value."""
        return {name: day_to_json(day) for name, day in zip(WEEKDAYS, self.days, strict=True)}

    def _placed(self) -> Iterator[Placed]:
        for number, day in enumerate(self.days):
            for interval in day:
                yield WEEKDAYS[number], number * DAY, interval


def parse_day(raw: object, *, field: str) -> DayHours:
    """The hours of one day from ``[["09:00", "12:30"], ...]``, in order; ``Invalid`` names ``field[n]``."""
    if not isinstance(raw, list | tuple):
        raise _wrong(_('The hours of a day are a list of pairs, such as [["09:00", "18:00"]].'), field)
    if len(raw) > MOST_INTERVALS:
        raise _wrong(_("A day has at most %(most)s intervals.") % {"most": MOST_INTERVALS}, field)
    intervals = sorted(_parse_interval(item, f"{field}[{place}]") for place, item in enumerate(raw))
    _refuse_overlaps([(field, 0, interval) for interval in intervals], around=False)
    return tuple(intervals)


def day_to_json(day: DayHours) -> list[list[str]]:
    """The JSON shape of one day."""
    return [list(_as_text(interval)) for interval in day]


def _parse_interval(raw: object, field: str) -> Interval:
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise _wrong(_('An interval is a pair of times, such as ["09:00", "18:00"].'), field)
    opens, closes = (_parse_time(text, field) for text in raw)
    if opens == closes:
        raise _wrong(_("An interval needs two different times; a whole day is 00:00 to 24:00."), field)
    if opens == DAY:
        raise _wrong(_("An interval cannot start at 24:00; write 00:00 on the next day."), field)
    if closes < opens:
        closes += DAY
    return opens, closes


def _parse_time(raw: object, field: str) -> int:
    if not isinstance(raw, str) or not _TIME.fullmatch(raw):
        raise _wrong(_("“%(text)s” is no time of day. Write it as 09:00.") % {"text": str(raw)[:40]}, field)
    return int(raw[:2]) * 60 + int(raw[3:])


def _refuse_overlaps(laid_out: list[Placed], *, around: bool) -> None:
    """Refuse an interval that begins before its forerunner ends; ``around`` also from Sunday to Monday."""
    pairs = list(pairwise(laid_out))
    if around and laid_out:
        field, offset, interval = laid_out[0]
        pairs.append((laid_out[-1], (field, offset + WEEK, interval)))
    for (_field, offset, earlier), (field, later_offset, later) in pairs:
        if later_offset + later[0] < offset + earlier[1]:
            detail = _("%(later)s begins before %(earlier)s has ended.")
            texts = {"later": "-".join(_as_text(later)), "earlier": "-".join(_as_text(earlier))}
            raise Invalid(detail % texts, field=field, code="hours_overlap")


def _as_text(interval: Interval) -> tuple[str, str]:
    opens, closes = interval
    return _clock(opens), _clock(closes if closes <= DAY else closes - DAY)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _wrong(detail: str, field: str) -> Invalid:
    return Invalid(detail, field=field, code="hours_malformed")
