"""The time axis of a calendar, cut into chunks of four weeks that are computed once and kept.

A chunk knows its openings and how much work lies before each, so that a clock of hundreds of hours skips
whole chunks and ends with one bisection. Absences are cut out of the chunks they touch; the others are shared
by everybody with the same zone, week and holidays.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from crm.core.worktime.absences import Absence
from crm.core.worktime.hours import DAY, WeeklyHours
from crm.core.worktime.public_holidays import Holidays
from crm.core.worktime.zones import EARLIEST, first_reading, load_zone

CHUNK = timedelta(days=28)
MOST_CHUNKS = 300  # kept per timeline; a little more than the horizon, so that one search fits
ONE_DAY = timedelta(days=1)
NOTHING = timedelta()


class Opening(NamedTuple):
    """A stretch of open time: from ``opens_at`` on, until just before ``closes_at``; instants in UTC."""

    opens_at: datetime
    closes_at: datetime


class Chunk(NamedTuple):
    """Openings apart and in order, and the working time before each of them and before the end."""

    opens: tuple[datetime, ...]
    closes: tuple[datetime, ...]
    worked: tuple[timedelta, ...]

    @classmethod
    def of(cls, openings: Iterable[Opening]) -> Chunk:
        """The chunk of these openings, which must be in order; those that touch or overlap become one."""
        opens: list[datetime] = []
        closes: list[datetime] = []
        for opens_at, closes_at in openings:
            if closes and opens_at <= closes[-1]:
                closes[-1] = max(closes[-1], closes_at)
            else:
                opens.append(opens_at)
                closes.append(closes_at)
        worked = [NOTHING]
        for opens_at, closes_at in zip(opens, closes, strict=True):
            worked.append(worked[-1] + (closes_at - opens_at))
        return cls(tuple(opens), tuple(closes), tuple(worked))

    @property
    def total(self) -> timedelta:
        """All working time of the chunk."""
        return self.worked[-1]

    def openings(self) -> Iterator[Opening]:
        """The openings in order."""
        return map(Opening, self.opens, self.closes)

    def opening_from(self, instant: datetime) -> Opening | None:
        """The opening running at the instant, or else the next one of the chunk."""
        place = bisect_right(self.closes, instant)
        return Opening(self.opens[place], self.closes[place]) if place < len(self.closes) else None

    def worked_until(self, instant: datetime) -> timedelta:
        """Working time of the chunk before the instant."""
        place = bisect_right(self.opens, instant) - 1
        if place < 0:
            return NOTHING
        return self.worked[place] + (min(instant, self.closes[place]) - self.opens[place])

    def first_with(self, worked: timedelta) -> datetime:
        """The earliest instant with that much work before it; more than nothing, at most the total."""
        place = bisect_left(self.worked, worked, lo=1) - 1
        return self.opens[place] + (worked - self.worked[place])

    def last_with(self, worked: timedelta) -> datetime:
        """The latest instant with that much work before it; from nothing to less than the total."""
        place = bisect_right(self.worked, worked) - 1
        return self.opens[place] + (worked - self.worked[place])


EMPTY = Chunk.of(())


def chunk_number(instant: datetime) -> int:
    """Which chunk an instant lies in."""
    return (instant - EARLIEST) // CHUNK


def chunk_start(number: int) -> datetime:
    """The first instant of a chunk."""
    return EARLIEST + number * CHUNK


class Timeline:
    """Chunks by number, computed when first asked for."""

    def __init__(self, compute: Callable[[int], Chunk]) -> None:
        self._compute = compute
        self._chunks: dict[int, Chunk] = {}

    def chunk(self, number: int) -> Chunk:
        """The chunk, from memory when it was computed before."""
        found = self._chunks.get(number)
        if found is None:
            if len(self._chunks) >= MOST_CHUNKS:
                self._chunks.clear()
            found = self._chunks[number] = self._compute(number)
        return found


@lru_cache(maxsize=256)
def office_timeline(zone: str, weekly_hours: WeeklyHours, holidays: Holidays) -> Timeline:
    """The openings of a zone, a week and its holidays; shared by equal offices."""
    place = load_zone(zone)

    def openings_on(day: date) -> Iterator[Opening]:
        for opens, closes in holidays.hours_on(day, weekly_hours):
            yield Opening(_edge(day, opens, place), _edge(day, closes, place))

    def compute(number: int) -> Chunk:
        # A shift starts up to two days before the chunk it touches (a day for midnight, a day for the zone), and a
        # local date begins up to a day before the same date in UTC.
        start, end = chunk_start(number), chunk_start(number + 1)
        first = start.date() - timedelta(days=3)
        days = (first + timedelta(days=place) for place in range((end.date() - first).days + 2))
        openings = sorted(opening for day in days for opening in openings_on(day))
        return Chunk.of(cut(openings, start, end))

    return Timeline(compute)


@lru_cache(maxsize=1024)
def personal_timeline(office: Timeline, absences: tuple[Absence, ...]) -> Timeline:
    """An office's timeline without some absences, which are in order and apart; shared by those away alike."""

    def compute(number: int) -> Chunk:
        start, end = chunk_start(number), chunk_start(number + 1)
        away = [absence for absence in absences if absence.starts_at < end and start < absence.until]
        if not away:
            return office.chunk(number)
        if away[0].starts_at <= start and end <= away[0].until:
            return EMPTY
        free_from = [start, *(absence.until for absence in away)]
        free_until = [*(absence.starts_at for absence in away), end]
        openings = list(office.chunk(number).openings())
        return Chunk.of(part for free in zip(free_from, free_until, strict=True) for part in cut(openings, *free))

    return Timeline(compute)


def cut(openings: Iterable[Opening], start: datetime, end: datetime) -> Iterator[Opening]:
    """What of the openings lies between two instants."""
    for opens_at, closes_at in openings:
        cut = Opening(max(opens_at, start), min(closes_at, end))
        if cut.opens_at < cut.closes_at:
            yield cut


def _edge(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The first instant at which the clock reads so many minutes after the midnight of a day, or later.

    Nearly every day has 24 hours and no change, and there the answer is an addition.
    """
    if minutes >= DAY:
        return _edge(day + ONE_DAY, minutes - DAY, zone)
    midnight = _midnight(day, zone)
    if _midnight(day + ONE_DAY, zone) - midnight == ONE_DAY:
        return midnight + timedelta(minutes=minutes)
    return first_reading(datetime.combine(day, time(*divmod(minutes, 60))), zone)


@lru_cache(maxsize=8192)
def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return first_reading(datetime.combine(day, time()), zone)
