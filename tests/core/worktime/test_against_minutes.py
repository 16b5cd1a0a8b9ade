"""The whole library against a slow oracle that walks minute by minute and knows only the wall clock."""

from __future__ import annotations

from bisect import bisect_left
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.core.errors import Invalid
from crm.core.worktime import Absence, Calendar, Holidays, NeverOpens, Opening, WeeklyHours

from .places import CHANGES

DAY = 24 * 60
MINUTE = timedelta(minutes=1)
BEFORE, AFTER = 5, 6  # days shown on both sides of a change


class Window(NamedTuple):
    """Minutes around a clock change: the first instant, and what the wall clock has reached at each minute."""

    start: datetime
    reached: list[tuple[date, int]]


@cache
def window(zone: str, change: date) -> Window:
    """The reading of the wall clock per minute; while it repeats an hour, the latest time it has shown.

    "Open from 02:30" then starts when the clock first shows 02:30 or jumps over it, which is the rule.
    """
    start = datetime(change.year, change.month, change.day, tzinfo=UTC) - timedelta(days=BEFORE)
    run_up = 2 * DAY
    instants = (start + place * MINUTE for place in range(-run_up, (BEFORE + AFTER) * DAY))
    shown = [instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for instant in instants]
    highest = list(accumulate(shown, max))[run_up:]
    return Window(start, [(wall.date(), wall.hour * 60 + wall.minute) for wall in highest])


class Oracle:
    """Which minutes of a window are open, by looking at every one."""

    def __init__(self, zone: str, change: date, calendar: Calendar) -> None:
        self.start, reached = window(zone, change)
        flags = {day: self._flags(calendar, day) for day in {day for day, _minute in reached}}
        earlier = {
            day: flags.get(day - timedelta(days=1), self._flags(calendar, day - timedelta(days=1))) for day in flags
        }
        self.open = [
            bool(flags[day][minute] or earlier[day][minute + DAY]) and not away
            for (day, minute), away in zip(reached, self._away(calendar, len(reached)), strict=True)
        ]
        self.worked = [0, *accumulate(self.open)]

    @staticmethod
    def _flags(calendar: Calendar, day: date) -> bytearray:
        flags = bytearray(2 * DAY)
        usual = calendar.hours.days[day.weekday()]
        opened = dict(calendar.holidays.open_on)
        intervals = () if day in calendar.holidays.closed_on else usual
        if day in opened:
            intervals = usual if opened[day] is None else opened[day]
        for opens, closes in intervals:
            flags[opens:closes] = b"\1" * (closes - opens)
        return flags

    def _away(self, calendar: Calendar, minutes: int) -> list[bool]:
        away = [False] * minutes
        for absence in calendar.absences:
            first, last = ((edge - self.start) // MINUTE for edge in (absence.starts_at, absence.until))
            away[first:last] = [True] * len(away[first:last])
        return away

    def instant(self, place: int) -> datetime:
        return self.start + place * MINUTE

    def openings(self) -> list[Opening]:
        edges = [place for place in range(1, len(self.open)) if self.open[place] != self.open[place - 1]]
        edges = [0] * self.open[0] + edges + [len(self.open)] * self.open[-1]
        return [Opening(self.instant(edges[i]), self.instant(edges[i + 1])) for i in range(0, len(edges), 2)]


intervals = st.tuples(st.integers(0, DAY - 1), st.integers(1, DAY - 1)).map(lambda pair: (pair[0], pair[0] + pair[1]))
# Times of day that meet clock changes often.
early = st.tuples(st.integers(0, 240), st.integers(1, 240)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@st.composite
def weeks(draw: st.DrawFn) -> WeeklyHours:
    """Random hours; those that meet the ones before them are left out."""
    days: list[tuple[tuple[int, int], ...]] = []
    busy_until, latest = 0, 8 * DAY
    for number in range(7):
        kept = []
        for opens, closes in sorted(draw(st.lists(intervals | early, max_size=3))):
            if number * DAY + opens >= busy_until and number * DAY + closes <= latest:
                kept.append((opens, closes))
                busy_until = number * DAY + closes
                latest = min(latest, 7 * DAY + number * DAY + opens)
        days.append(tuple(kept))
    return WeeklyHours(tuple(days))


@st.composite
def calendars(draw: st.DrawFn, zone: str, change: date) -> Calendar:
    """Random hours, closed and opened days and absences around a change."""
    near = st.integers(-BEFORE, AFTER).map(lambda days: change + timedelta(days=days))
    closed = draw(st.frozensets(near, max_size=2))
    opened = draw(st.dictionaries(near, st.none() | intervals.map(lambda interval: (interval,)), max_size=2))
    start = window(zone, change).start
    absences = draw(st.lists(st.tuples(st.integers(0, 11 * DAY), st.integers(1, 2 * DAY)), max_size=3))
    away = tuple(Absence(start + since * MINUTE, start + (since + length) * MINUTE) for since, length in absences)
    open_on = tuple((day, hours) for day, hours in opened.items() if day not in closed)
    return Calendar(zone, draw(weeks()), Holidays(closed_on=closed, open_on=open_on), away)


@pytest.mark.parametrize(("zone", "change"), CHANGES, ids=str)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_operation_agrees_with_counting_minutes(zone, change, data):
    calendar = data.draw(calendars(zone, change))
    oracle = Oracle(zone, change, calendar)
    last = len(oracle.open)

    assert list(calendar.openings(oracle.instant(0), oracle.instant(last))) == oracle.openings()

    for place in data.draw(st.lists(st.integers(0, last - 1), min_size=8, max_size=8)):
        at = oracle.instant(place)
        assert calendar.is_open(at) == oracle.open[place]

        other = data.draw(st.integers(0, last))
        assert calendar.between(at, oracle.instant(other)) == (oracle.worked[other] - oracle.worked[place]) * MINUTE

        ahead = oracle.worked[-1] - oracle.worked[place]
        if ahead:
            opening = oracle.open.index(True, place)
            assert calendar.next_opening(at) == oracle.instant(opening)
            if False in oracle.open[opening:]:
                assert calendar.closes_at(at) == oracle.instant(oracle.open.index(False, opening))
            work = data.draw(st.integers(1, ahead))
            end = bisect_left(oracle.worked, oracle.worked[place] + work)
            assert calendar.add(at, work * MINUTE) == oracle.instant(end)
        if oracle.worked[place]:
            work = data.draw(st.integers(1, oracle.worked[place]))
            start = max(i for i in range(place + 1) if oracle.worked[i] == oracle.worked[place] - work)
            assert calendar.subtract(at, work * MINUTE) == oracle.instant(start)


@settings(max_examples=200, deadline=None)
@given(week=weeks())
def test_hours_survive_json(week):
    assert WeeklyHours.parse(week.to_json()) == week


@settings(max_examples=300, deadline=None)
@given(days=st.lists(st.lists(intervals | early, max_size=2), min_size=7, max_size=7))
def test_hours_are_refused_exactly_when_two_intervals_share_a_minute(days):
    minutes = [
        (number * DAY + minute) % (7 * DAY)
        for number, day in enumerate(days)
        for opens, closes in day
        for minute in range(opens, closes)
    ]
    share = len(set(minutes)) < len(minutes)
    with pytest.raises(Invalid, match="begins before") if share else nullcontext():
        WeeklyHours(tuple(map(tuple, days)))


def test_the_oracle_catches_a_wrong_calendar():
    """The positive control: hours that differ by one minute on one day are seen."""
    zone, change = CHANGES[0]
    right = Calendar(zone, WeeklyHours.on_workdays("09:00", "17:00"))
    wrong = Calendar(zone, WeeklyHours.parse(right.hours.to_json() | {"wed": [["09:00", "17:01"]]}))
    oracle = Oracle(zone, change, right)
    span = (oracle.instant(0), oracle.instant(len(oracle.open)))
    assert list(right.openings(*span)) == oracle.openings() != list(wrong.openings(*span))


def test_a_calendar_without_hours_never_opens():
    with pytest.raises(NeverOpens):
        Calendar("Europe/Paris", WeeklyHours()).next_opening(datetime(2026, 6, 3, tzinfo=UTC))
