"""What holds for every clock, whatever the calendar: hypothesis looks for a counterexample over 40 years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crm.core.worktime import Absence, Calendar, Duration, Holidays, WeeklyHours

from .places import CHANGES, NIGHT_SHIFTS

ZONES = sorted({zone for zone, _day in CHANGES})
PLACES = (("", ""), ("FR", ""), ("FR", "6AE"), ("ID", ""), ("US", "CA"), ("DE", "BY"), ("JP", ""))
WEEKS = (
    WeeklyHours.on_workdays("10:00", "18:00"),
    WeeklyHours.parse({day: [["09:00", "12:30"], ["13:30", "18:00"]] for day in ("mon", "tue", "thu", "fri", "sat")}),
    WeeklyHours.parse({"wed": [["00:30", "02:45"], ["23:15", "01:10"]], "sun": [["01:00", "03:30"]]}),
    NIGHT_SHIFTS,
    WeeklyHours.always(),
)
MOMENT = timedelta(microseconds=1)

instants = st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC))
works = st.timedeltas(timedelta(), timedelta(hours=400))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    starts = draw(st.lists(instants, max_size=3))
    absences = tuple(Absence(start, start + draw(st.timedeltas(MOMENT, timedelta(days=40)))) for start in starts)
    place = Holidays(*draw(st.sampled_from(PLACES)))
    return Calendar(draw(st.sampled_from(ZONES)), draw(st.sampled_from(WEEKS)), place, absences)


@settings(deadline=None)
@given(calendars(), instants, works)
def test_between_gives_back_what_was_added(calendar, start, work):
    end = calendar.add(start, work)
    assert end >= start
    assert calendar.between(start, end) == work


@settings(deadline=None)
@given(calendars(), instants, works)
def test_a_clock_ends_in_an_opening_or_at_its_edge(calendar, start, work):
    end = calendar.add(start, work)
    assert calendar.is_open(end) or calendar.is_open(end - MOMENT)


@settings(deadline=None)
@given(calendars(), instants, works.filter(bool))
def test_a_clock_ends_as_early_as_it_can(calendar, start, work):
    assert calendar.between(start, calendar.add(start, work) - MOMENT) < work


@settings(deadline=None)
@given(calendars(), instants, works, works)
def test_working_time_adds_up(calendar, start, first, second):
    assert calendar.add(calendar.add(start, first), second) == calendar.add(start, first + second)


@settings(deadline=None)
@given(calendars(), instants, st.timedeltas(timedelta(), timedelta(days=30)), works)
def test_who_starts_later_ends_no_earlier(calendar, start, delay, work):
    assert calendar.add(start, work) <= calendar.add(start + delay, work)


@settings(deadline=None)
@given(calendars(), instants, st.integers(0, 40), works, works)
def test_more_work_ends_no_earlier(calendar, start, days, less, more):
    assume(less <= more)
    assert calendar.add(start, less, days=days) <= calendar.add(start, more, days=days)


@settings(deadline=None)
@given(calendars(), instants, st.integers(0, 40), st.integers(0, 40), works)
def test_more_days_end_no_earlier(calendar, start, fewer, more, work):
    assume(fewer <= more)
    assert calendar.add(start, work, days=fewer) <= calendar.add(start, work, days=more)


@settings(deadline=None)
@given(calendars(), instants, st.integers(1, 40), works)
def test_a_clock_started_while_closed_runs_like_one_started_at_the_opening(calendar, start, days, work):
    duration = Duration(days, work)
    assert calendar.add(start, duration) == calendar.add(calendar.next_opening(start), duration)


@settings(deadline=None)
@given(
    calendars(),
    instants,
    st.timedeltas(timedelta(days=-500), timedelta(days=500)),
    st.timedeltas(timedelta(days=-500), timedelta(days=500)),
)
def test_time_between_adds_up_in_any_order(calendar, a, to_b, to_c):
    b, c = a + to_b, a + to_c
    assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)
    assert calendar.between(b, a) == -calendar.between(a, b)
    assert abs(calendar.between(a, b)) <= abs(b - a)


@settings(deadline=None)
@given(calendars(), instants)
def test_the_next_opening_is_open_and_its_own_next_opening(calendar, at):
    opening = calendar.next_opening(at)
    assert calendar.is_open(opening)
    assert calendar.next_opening(opening) == opening
    assert opening == at or not calendar.is_open(opening - MOMENT)
    assert calendar.between(at, opening) == timedelta()


@settings(deadline=None)
@given(calendars(), instants, works)
def test_subtract_mirrors_add(calendar, end, work):
    start = calendar.subtract(end, work)
    assert start <= end
    assert calendar.between(start, end) == work
    assert calendar.add(start, work) <= end or not work
    assert not work or calendar.between(start + MOMENT, end) < work


@settings(deadline=None, max_examples=50)
@given(calendars(), instants, st.timedeltas(timedelta(), timedelta(days=90)))
def test_openings_cover_exactly_the_working_time(calendar, start, span):
    openings = list(calendar.openings(start, start + span))
    assert sum((closes - opens for opens, closes in openings), timedelta()) == calendar.between(start, start + span)
    edges = [edge for opening in openings for edge in opening]
    assert edges == sorted(set(edges)), "openings stand apart and in order"


@settings(deadline=None, max_examples=50)
@given(calendars(), instants, st.timedeltas(timedelta(hours=1), timedelta(days=20)), works)
def test_a_pause_delays_a_clock_by_its_working_time(calendar, start, length, work):
    end = calendar.add(start, work)
    assume(start + length < end)
    paused = calendar.without([Absence(start, start + length)])
    assert paused.add(start, work) == calendar.add(start, work + calendar.between(start, start + length))
