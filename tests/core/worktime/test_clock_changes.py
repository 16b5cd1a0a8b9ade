"""Openings and clocks on the nights when the wall clock jumps, in ordinary and in odd zones."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from crm.core.worktime import WEEKDAYS, Calendar, WeeklyHours, day_span, resolve_local

from .places import NIGHT_SHIFTS, at, local, office

HOUR = timedelta(hours=1)


def daily(*intervals: tuple[str, str]) -> WeeklyHours:
    return WeeklyHours.parse(dict.fromkeys(WEEKDAYS, intervals))


def opened_on(calendar: Calendar, day: date) -> list[tuple[str, str]]:
    """What the wall clock shows at both ends of every opening that starts on the day."""
    start, end = day_span(day, calendar.zone)
    return [
        (local(opening.opens_at, calendar.zone), local(opening.closes_at, calendar.zone))
        for opening in calendar.openings(start, end + timedelta(days=1))
        if start <= opening.opens_at < end
    ]


@pytest.mark.parametrize(
    ("zone", "evening", "hours"),
    [
        ("Europe/Paris", "2026-03-27", 8),
        ("Europe/Paris", "2026-03-28", 7),
        ("Europe/Paris", "2026-10-24", 9),
        ("America/New_York", "2026-03-07", 7),
        ("America/New_York", "2026-10-31", 9),
        ("America/St_Johns", "2026-03-07", 7),
        ("America/St_Johns", "2026-10-31", 9),
        ("America/Havana", "2026-03-07", 7),
        ("America/Havana", "2026-10-31", 9),
        ("America/Sao_Paulo", "2018-11-03", 7),
        ("America/Sao_Paulo", "2018-02-17", 9),
        ("Australia/Lord_Howe", "2026-10-03", 7.5),
        ("Australia/Lord_Howe", "2026-04-04", 8.5),
        ("Antarctica/Troll", "2026-03-28", 6),
        ("Antarctica/Troll", "2026-10-24", 10),
        ("Asia/Kathmandu", "2026-03-28", 8),
    ],
)
def test_a_night_shift_has_its_true_length(zone, evening, hours):
    calendar = Calendar(zone, NIGHT_SHIFTS)
    opens, closes = at(f"{evening} 22:00", zone), calendar.closes_at(at(f"{evening} 22:30", zone))
    assert closes - opens == calendar.between(opens, closes) == hours * HOUR
    assert local(closes, zone).endswith("06:00")
    assert calendar.add(opens, timedelta(hours=hours)) == closes


def test_hours_run_on_true_time_over_the_change():
    calendar = Calendar("Europe/Paris", NIGHT_SHIFTS)
    assert local(calendar.add(at("2026-03-28 23:00"), hours=4)) == "2026-03-29 04:00"
    assert local(calendar.add(at("2026-10-24 23:00"), hours=4)) == "2026-10-25 02:00"
    assert calendar.add(at("2026-10-24 23:00"), hours=4) == at("2026-10-25 02:00+01:00")


def test_a_whole_day_over_the_change_keeps_the_wall_time():
    calendar = Calendar("Europe/Paris", WeeklyHours.always())
    spring, autumn = at("2026-03-28 15:00"), at("2026-10-24 15:00")
    assert calendar.add(spring, days=1) == at("2026-03-29 15:00") == spring + 23 * HOUR
    assert calendar.add(autumn, days=1) == at("2026-10-25 15:00") == autumn + 25 * HOUR


def test_a_whole_day_into_the_gap_moves_forward_and_into_the_fold_takes_the_first_pass():
    calendar = Calendar("Europe/Paris", WeeklyHours.always())
    assert local(calendar.add(at("2026-03-28 02:30"), days=1)) == "2026-03-29 03:30"
    assert calendar.add(at("2026-10-24 02:30"), days=1) == at("2026-10-25 02:30+02:00")


def test_no_whole_day_leaves_the_second_pass_alone():
    calendar = Calendar("Europe/Paris", WeeklyHours.always())
    second_pass = at("2026-10-25 02:30+01:00")
    assert calendar.add(second_pass) == second_pass
    assert calendar.add(second_pass, minutes=15) == at("2026-10-25 02:45+01:00")


@pytest.mark.parametrize(
    ("intervals", "openings"),
    [
        # an edge the clock skips is reached at the jump
        ([("02:30", "05:00")], [("03:00", "05:00")]),
        ([("01:00", "02:30")], [("01:00", "03:00")]),
        ([("02:10", "02:50")], []),
        ([("02:30", "03:15")], [("03:00", "03:15")]),
        ([("01:00", "02:15"), ("02:45", "04:00")], [("01:00", "04:00")]),
    ],
)
def test_edges_in_the_spring_gap(intervals, openings):
    day = date(2026, 3, 29)
    expected = [(f"{day} {opens}", f"{day} {closes}") for opens, closes in openings]
    assert opened_on(Calendar("Europe/Paris", daily(*intervals)), day) == expected


@pytest.mark.parametrize(
    ("interval", "opens", "closes"),
    [
        (("02:30", "05:00"), "2026-10-25 02:30+02:00", "2026-10-25 05:00+01:00"),
        (("01:00", "02:30"), "2026-10-25 01:00+02:00", "2026-10-25 02:30+02:00"),
        (("02:10", "02:50"), "2026-10-25 02:10+02:00", "2026-10-25 02:50+02:00"),
        (("01:00", "03:00"), "2026-10-25 01:00+02:00", "2026-10-25 03:00+01:00"),
    ],
)
def test_edges_in_the_autumn_fold_are_those_of_the_first_pass(interval, opens, closes):
    opening = next(Calendar("Europe/Paris", daily(interval)).openings(*day_span(date(2026, 10, 25), "Europe/Paris")))
    assert opening == (at(opens), at(closes))


def test_the_day_apia_left_out_has_no_hours():
    calendar = office("Pacific/Apia")
    thursday, saturday = at("2011-12-29 17:00", "Pacific/Apia"), at("2011-12-31 00:00", "Pacific/Apia")
    assert day_span(date(2011, 12, 30), "Pacific/Apia") == (saturday, saturday)
    assert local(calendar.add(thursday, hours=2), "Pacific/Apia") == "2012-01-02 11:00"
    assert calendar.between(thursday, saturday) == HOUR
    around_the_clock = Calendar("Pacific/Apia", WeeklyHours.always())
    assert local(around_the_clock.add(thursday, days=1), "Pacific/Apia") == "2011-12-31 17:00"
    assert around_the_clock.between(thursday, saturday) == 7 * HOUR


def test_pyongyang_lost_and_regained_half_an_hour():
    zone = "Asia/Pyongyang"
    calendar = Calendar(zone, NIGHT_SHIFTS)
    assert calendar.between(at("2015-08-14 20:00", zone), at("2015-08-15 10:00", zone)) == 8.5 * HOUR
    assert calendar.between(at("2018-05-04 20:00", zone), at("2018-05-05 10:00", zone)) == 7.5 * HOUR


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham", "Australia/Lord_Howe"])
def test_offices_with_odd_offsets_open_at_their_own_ten_o_clock(zone):
    calendar = office(zone)
    opening = calendar.next_opening(at("2026-06-03 05:00", zone))
    assert local(opening, zone) == "2026-06-03 10:00"
    assert opening.minute != 0 or zone == "Australia/Lord_Howe"
    assert local(calendar.add(opening, hours=10), zone) == "2026-06-04 12:00"


def test_around_the_clock_counts_true_time():
    calendar = Calendar("Europe/Paris", WeeklyHours.always())
    start = resolve_local(datetime(2026, 1, 1), "Europe/Paris")
    for hours in (1, 24, 400, 24 * 365):
        assert calendar.add(start, hours=hours) == start + timedelta(hours=hours)
