"""Calendars that never open or never close, absences, equality, and bounds: nothing hangs."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice

import pytest

from crm.core.errors import Invalid
from crm.core.worktime import (
    Absence,
    Calendar,
    Holidays,
    NaiveTimeError,
    NeverCloses,
    NeverOpens,
    Opening,
    TooFar,
    WeeklyHours,
)

from .places import NIGHT_SHIFTS, at, local, office

NOON = at("2026-06-03 12:00")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "calendar",
    [
        pytest.param(Calendar("Europe/Paris", WeeklyHours()), id="no hours"),
        pytest.param(office().without([Absence(at("2026-01-01 00:00"))]), id="absent for ever"),
        pytest.param(
            office().without([Absence(NOON - HOUR, datetime.max.replace(tzinfo=UTC))]), id="absent to the end of time"
        ),
        pytest.param(office().without([Absence(NOON - HOUR, NOON.replace(year=2050))]), id="absent beyond the horizon"),
    ],
)
@pytest.mark.parametrize(
    "ask",
    [
        lambda calendar: calendar.next_opening(NOON),
        lambda calendar: calendar.closes_at(NOON),
        lambda calendar: calendar.add(NOON),
        lambda calendar: calendar.add(NOON, HOUR),
        lambda calendar: calendar.add(NOON, days=1),
    ],
    ids=["next_opening", "closes_at", "add nothing", "add an hour", "add a day"],
)
def test_a_calendar_that_never_opens_says_so(calendar, ask):
    with pytest.raises(NeverOpens) as refused:
        ask(calendar)
    assert refused.value.specific_code == "calendar_never_opens"
    assert not calendar.is_open(NOON)
    assert calendar.between(NOON, NOON + timedelta(days=9)) == timedelta()
    assert list(calendar.openings(NOON, NOON + timedelta(days=9))) == []


def test_one_open_day_far_ahead_is_found():
    once = Holidays(open_on=((datetime(2040, 2, 29, tzinfo=UTC).date(), ((600, 660),)),))
    calendar = Calendar("Europe/Paris", WeeklyHours(), once)
    assert local(calendar.next_opening(NOON)) == "2040-02-29 10:00"
    assert local(calendar.add(NOON, HOUR)) == "2040-02-29 11:00"
    with pytest.raises(TooFar):
        calendar.add(NOON, 2 * HOUR)
    with pytest.raises(NeverOpens):
        calendar.next_opening(at("2040-02-29 11:00"))


def test_around_the_clock_never_closes_until_somebody_is_away():
    always = Calendar("Europe/Paris", WeeklyHours.always())
    with pytest.raises(NeverCloses):
        always.closes_at(NOON)
    away = always.without([Absence(at("2027-01-10 08:00"), at("2027-01-10 09:00"))])
    assert local(away.closes_at(NOON)) == "2027-01-10 08:00"
    assert list(away.openings(NOON, at("2028-01-01 00:00"))) == [
        Opening(NOON, at("2027-01-10 08:00")),
        Opening(at("2027-01-10 09:00"), at("2028-01-01 00:00")),
    ]


def test_the_longest_clock_is_found_and_a_longer_one_refused():
    assert local(office().add(NOON, hours=40_000)) == "2045-08-02 12:00"
    with pytest.raises(TooFar):
        office().add(NOON, hours=60_000)
    with pytest.raises(TooFar):
        office().add(NOON, hours=10**9)
    with pytest.raises(TooFar):
        office().add(NOON, days=8000)
    with pytest.raises(TooFar):
        office().subtract(NOON, timedelta(hours=60_000))
    with pytest.raises(TooFar):
        Calendar("Europe/Paris", WeeklyHours()).subtract(NOON, HOUR)


def test_closing_time_belongs_to_the_opening_that_runs_or_comes():
    assert local(office().closes_at(at("2026-06-03 10:00"))) == "2026-06-03 18:00"
    assert local(office().closes_at(at("2026-06-03 18:00"))) == "2026-06-04 18:00"
    assert local(office().closes_at(at("2026-06-06 12:00"))) == "2026-06-08 18:00"


def test_openings_include_their_first_moment_and_exclude_their_last():
    moment = timedelta(microseconds=1)
    opens, closes = at("2026-06-03 10:00"), at("2026-06-03 18:00")
    assert [office().is_open(t) for t in (opens - moment, opens, closes - moment, closes)] == [False, True, True, False]


def test_openings_are_cut_at_both_ends_and_read_lazily():
    assert [(local(a), local(b)) for a, b in office().openings(NOON, at("2026-06-05 11:00"))] == [
        ("2026-06-03 12:00", "2026-06-03 18:00"),
        ("2026-06-04 10:00", "2026-06-04 18:00"),
        ("2026-06-05 10:00", "2026-06-05 11:00"),
    ]
    assert list(office().openings(NOON, NOON)) == list(office().openings(NOON, NOON - HOUR)) == []
    first = next(islice(office().openings(datetime(1970, 1, 2, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)), 1))
    assert local(first.opens_at) == "1970-01-02 10:00"


def test_touching_intervals_are_one_opening():
    split = Calendar(
        "Europe/Paris",
        WeeklyHours.parse(
            {"wed": [["09:00", "13:00"], ["13:00", "18:00"], ["22:00", "24:00"]], "thu": [["00:00", "02:00"]]}
        ),
    )
    spans = [(local(a)[11:], local(b)[11:]) for a, b in split.openings(at("2026-06-03 00:00"), at("2026-06-05 00:00"))]
    assert spans == [("09:00", "18:00"), ("22:00", "02:00")]


def test_an_opened_day_may_meet_the_night_before_without_counting_twice():
    early = Holidays(open_on=((at("2026-06-04 12:00").date(), ((300, 720),)),))
    calendar = Calendar("Europe/Paris", NIGHT_SHIFTS, early)
    assert local(calendar.closes_at(at("2026-06-03 23:00"))) == "2026-06-04 12:00"
    assert calendar.between(at("2026-06-03 22:00"), at("2026-06-04 12:00")) == 14 * HOUR


def test_absences_merge_whatever_their_order_and_zone():
    tokyo = timezone(timedelta(hours=9))
    parts = [
        Absence(NOON + 2 * HOUR, NOON + 4 * HOUR),
        Absence(NOON, NOON + 2 * HOUR),
        Absence(NOON + HOUR, NOON + 3 * HOUR),
    ]
    whole = Absence(NOON.astimezone(tokyo), (NOON + 4 * HOUR).astimezone(tokyo))
    assert office().without(parts) == office().without(reversed(parts)) == office().without([whole])
    assert len({office().without(parts), office().without([whole]), office()}) == 2
    assert office().without([Absence(NOON)]).without(parts).absences == (Absence(NOON),)


def test_without_leaves_the_calendar_alone():
    calendar = office()
    assert not calendar.without([Absence(NOON)]).is_open(NOON)
    assert calendar.is_open(NOON)


def test_an_absence_in_the_middle_of_an_opening():
    away = office().without([Absence(at("2026-06-03 13:00"), at("2026-06-03 14:00"))])
    assert local(away.closes_at(NOON)) == "2026-06-03 13:00"
    assert local(away.next_opening(at("2026-06-03 13:00"))) == "2026-06-03 14:00"
    assert away.between(NOON, at("2026-06-03 18:00")) == 5 * HOUR


@pytest.mark.parametrize("ends_at", [NOON, NOON - HOUR])
def test_an_absence_ends_after_it_starts(ends_at):
    with pytest.raises(Invalid) as refused:
        Absence(NOON, ends_at)
    assert (refused.value.field, refused.value.specific_code) == ("ends_at", "absence_ends_before_start")


def test_naive_times_are_refused_everywhere():
    naive = datetime(2026, 6, 3, 12)
    calendar = office()
    for ask in (
        lambda: Absence(naive),
        lambda: Absence(NOON, naive),
        lambda: calendar.add(naive, HOUR),
        lambda: calendar.subtract(naive, HOUR),
        lambda: calendar.between(naive, NOON),
        lambda: calendar.between(NOON, naive),
        lambda: calendar.is_open(naive),
        lambda: calendar.next_opening(naive),
        lambda: calendar.closes_at(naive),
        lambda: calendar.openings(NOON, naive),
    ):
        with pytest.raises(NaiveTimeError):
            ask()


def test_any_zone_of_an_instant_gives_the_same_answer_in_utc():
    elsewhere = NOON.astimezone(timezone(timedelta(hours=-9, minutes=-30)))
    for answer in (office().add(elsewhere, HOUR), office().next_opening(elsewhere), office().closes_at(elsewhere)):
        assert answer.tzinfo is UTC
    assert office().add(elsewhere, HOUR) == office().add(NOON, HOUR)


def test_an_unknown_zone_is_refused_when_the_calendar_is_made():
    with pytest.raises(Invalid) as refused:
        office("Europe/Atlantis")
    assert refused.value.specific_code == "unknown_zone"


def test_a_used_calendar_equals_a_fresh_one_and_can_be_pickled():
    used, fresh = office(country="FR"), office(country="FR")
    used.add(NOON, hours=400)
    assert (used, hash(used)) == (fresh, hash(fresh))
    copy = pickle.loads(pickle.dumps(used))
    assert copy == used
    assert copy.add(NOON, HOUR) == used.add(NOON, HOUR)
