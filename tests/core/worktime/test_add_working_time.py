"""`Calendar.add`: LeadAngel's four cases, the rule they stand for, and cases worked out by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.core.errors import Invalid
from crm.core.worktime import Absence, Calendar, Duration, Holidays, WeeklyHours

from .places import at, local, office

WED_15, WED_20 = "2026-06-03 15:00", "2026-06-03 20:00"


@pytest.mark.parametrize(
    ("start", "days", "hours", "end"),
    [
        pytest.param(WED_15, 0, 10, "2026-06-04 17:00", id="Wed 15:00 + 10 h = Thu 17:00"),
        pytest.param(WED_20, 0, 10, "2026-06-05 12:00", id="Wed 20:00 + 10 h = Fri 12:00"),
        pytest.param(WED_15, 1, 10, "2026-06-05 17:00", id="Wed 15:00 + 1 day 10 h = Fri 17:00"),
        pytest.param(WED_20, 1, 10, "2026-06-08 12:00", id="Wed 20:00 + 1 day 10 h = Mon 12:00"),
    ],
)
def test_the_four_cases_of_leadangel(start, days, hours, end):
    assert local(office().add(at(start), days=days, hours=hours)) == end
    assert local(office().add(at(start), Duration(days, timedelta(hours=hours)))) == end


@pytest.mark.parametrize(
    ("start", "days", "hours", "end"),
    [
        # a clock started while closed starts at the next opening: before, after and between office hours alike
        ("2026-06-03 07:00", 0, 1, "2026-06-03 11:00"),
        ("2026-06-03 18:00", 0, 1, "2026-06-04 11:00"),
        ("2026-06-06 12:00", 0, 1, "2026-06-08 11:00"),
        ("2026-06-06 12:00", 1, 0, "2026-06-09 10:00"),
        ("2026-06-05 20:00", 1, 10, "2026-06-10 12:00"),
        # whole days pass over the weekend on the wall clock, hours do not
        ("2026-06-05 15:00", 1, 10, "2026-06-09 12:00"),
        ("2026-06-05 15:00", 3, 0, "2026-06-08 15:00"),
        ("2026-06-05 15:00", 7, 0, "2026-06-12 15:00"),
        # what would end while closed ends at the next opening
        ("2026-06-05 15:00", 1, 0, "2026-06-08 10:00"),
        ("2026-06-05 20:00", 0, 0, "2026-06-08 10:00"),
        # a closing time is still open enough to end on
        ("2026-06-03 15:00", 0, 3, "2026-06-03 18:00"),
        ("2026-06-03 18:00", 0, 0, "2026-06-03 18:00"),
        ("2026-06-03 10:00", 0, 40, "2026-06-09 18:00"),
        # nothing to add
        ("2026-06-03 15:00", 0, 0, "2026-06-03 15:00"),
    ],
)
def test_the_rule(start, days, hours, end):
    assert local(office().add(at(start), days=days, hours=hours)) == end


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-06-03 12:00", 30, "2026-06-03 12:30"),
        ("2026-06-03 12:00", 31, "2026-06-03 13:31"),
        ("2026-06-03 12:45", 15, "2026-06-03 13:45"),
        ("2026-06-03 17:50", 30, "2026-06-04 09:20"),
        ("2026-06-05 17:50", 30, "2026-06-08 09:20"),
    ],
)
def test_a_break_stops_the_clock(start, minutes, end):
    week = {name: [["09:00", "12:30"], ["13:30", "18:00"]] for name in ("mon", "tue", "wed", "thu", "fri")}
    assert local(Calendar("Europe/Paris", WeeklyHours.parse(week)).add(at(start), minutes=minutes)) == end


def test_days_hours_minutes_and_a_duration_add_up():
    start = at(WED_15)
    expected = office().add(start, Duration.parse("1 d 10 h 30 min"))
    assert office().add(start, Duration.parse("1 d"), hours=10, minutes=30) == expected
    assert office().add(start, timedelta(hours=10, minutes=30), days=1) == expected


def test_a_timedelta_is_working_time_even_when_it_is_a_day_long():
    assert local(office().add(at("2026-06-01 10:00"), timedelta(days=1))) == "2026-06-03 18:00"


def test_seconds_count():
    start = at("2026-06-03 17:59") + timedelta(seconds=59.5)
    assert office().add(start, timedelta(seconds=1)) == at("2026-06-04 10:00") + timedelta(seconds=0.5)


def test_holidays_and_absences_stop_the_clock():
    calendar = Calendar(
        "Europe/Paris",
        WeeklyHours.on_workdays("10:00", "18:00"),
        Holidays("FR"),
        (Absence(at("2026-05-13 12:00"), at("2026-05-13 18:00")),),
    )
    # Wed 13 May 10:00: two hours, then away for the afternoon; Thu 14 is Ascension; five hours of Fri 15.
    assert local(calendar.add(at("2026-05-13 10:00"), hours=7)) == "2026-05-15 15:00"


def test_whole_days_run_through_holidays_and_absences():
    away = office(country="FR").without([Absence(at("2026-05-14 00:00"), at("2026-05-16 00:00"))])
    assert local(away.add(at("2026-05-13 15:00"), days=1, hours=2)) == "2026-05-18 12:00"


def test_a_paused_clock_moves_its_end_by_the_working_time_of_the_pause():
    pauses = [
        Absence(at("2026-06-03 16:00"), at("2026-06-03 20:00")),  # two working hours
        Absence(at("2026-06-04 02:00"), at("2026-06-04 04:00")),  # none
        Absence(at("2026-06-04 11:00"), at("2026-06-04 11:30")),
    ]
    assert local(office().without(pauses).add(at(WED_15), hours=10)) == "2026-06-05 11:30"


@pytest.mark.parametrize(
    ("end", "hours", "start"),
    [
        ("2026-06-04 17:00", 10, "2026-06-03 15:00"),
        ("2026-06-05 12:00", 2, "2026-06-05 10:00"),
        ("2026-06-05 12:00", 3, "2026-06-04 17:00"),
        ("2026-06-08 07:00", 1, "2026-06-05 17:00"),
        ("2026-06-08 07:00", 8, "2026-06-05 10:00"),
        ("2026-06-06 07:00", 0, "2026-06-06 07:00"),
        ("2026-06-05 12:00", 400, "2026-03-27 12:00"),
    ],
)
def test_subtract_finds_the_latest_start(end, hours, start):
    assert local(office().subtract(at(end), timedelta(hours=hours))) == start


def test_four_hundred_hours_are_fifty_office_days():
    assert local(office().add(at("2026-03-26 12:00"), hours=400)) == "2026-06-04 12:00"


@pytest.mark.parametrize("ask", [{"days": -1}, {"hours": -1}, {"duration": timedelta(seconds=-1)}])
def test_a_clock_does_not_run_backwards(ask):
    with pytest.raises(Invalid) as refused:
        office().add(at(WED_15), **ask)
    assert refused.value.specific_code == "duration_negative"
