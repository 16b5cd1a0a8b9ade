"""Wall clocks to instants: appointments, days, reminders over two years, and refusals."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.errors import Invalid
from crm.core.worktime import NaiveTimeError, TooFar, day_span, load_zone, resolve_local, same_wall_time_next_day
from crm.core.worktime.zones import first_reading, to_utc

from .places import CHANGES, at, local

ZONES = sorted({zone for zone, _day in CHANGES})


@pytest.mark.parametrize(
    ("wall", "zone", "instant"),
    [
        ("2026-06-03T09:00", "Europe/Paris", "2026-06-03T07:00+00:00"),
        ("2026-03-29T02:30", "Europe/Paris", "2026-03-29T03:30+02:00"),
        ("2026-10-25T02:30", "Europe/Paris", "2026-10-25T02:30+02:00"),
        ("2026-03-08T02:30", "America/New_York", "2026-03-08T03:30-04:00"),
        ("2026-11-01T01:30", "America/New_York", "2026-11-01T01:30-04:00"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-04T02:45+11:00"),
        ("2026-03-08T00:00", "America/Havana", "2026-03-08T01:00-04:00"),
        ("2011-12-30T10:00", "Pacific/Apia", "2011-12-31T10:00+14:00"),
        ("2026-06-03T09:00", "Asia/Kathmandu", "2026-06-03T03:15+00:00"),
    ],
)
def test_appointments_move_forward_in_a_gap_and_take_the_first_pass_of_a_fold(wall, zone, instant):
    resolved = resolve_local(datetime.fromisoformat(wall), zone)
    assert resolved == datetime.fromisoformat(instant)
    assert resolved.tzinfo is UTC


@pytest.mark.parametrize(
    ("wall", "zone", "instant"),
    [
        ("2026-03-29T02:30", "Europe/Paris", "2026-03-29T03:00+02:00"),
        ("2026-10-25T02:30", "Europe/Paris", "2026-10-25T02:30+02:00"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-04T02:30+11:00"),
        ("2011-12-30T10:00", "Pacific/Apia", "2011-12-31T00:00+14:00"),
    ],
)
def test_edges_of_openings_are_reached_at_the_jump(wall, zone, instant):
    assert first_reading(datetime.fromisoformat(wall), ZoneInfo(zone)) == datetime.fromisoformat(instant)


@settings(deadline=None)
@given(zone=st.sampled_from(ZONES), earlier=st.datetimes(datetime(2008, 1, 1), datetime(2030, 1, 1)), data=st.data())
def test_edges_keep_the_order_of_the_wall_clock(zone, earlier, data):
    later = earlier + data.draw(st.timedeltas(timedelta(), timedelta(hours=30)))
    place = ZoneInfo(zone)
    assert first_reading(earlier, place) <= first_reading(later, place)


@pytest.mark.parametrize(
    "zone",
    ["Europe/Paris", "America/New_York", "Asia/Jakarta", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo"],
)
@pytest.mark.parametrize("wall", [time(0, 0), time(0, 30), time(1, 30), time(2, 30), time(9, 0), time(23, 30)])
def test_two_years_of_daily_reminders_miss_none_double_none_and_ring_none_early(zone, wall):
    days = [date(2026, 1, 1) + timedelta(days=place) for place in range(731)]
    rings = [resolve_local(datetime.combine(day, wall), zone) for day in days]
    assert rings == sorted(set(rings))
    for day, ring in zip(days, rings, strict=True):
        shown = ring.astimezone(ZoneInfo(zone))
        late = datetime.combine(shown.date(), shown.time()) - datetime.combine(day, wall)
        assert timedelta() <= late <= timedelta(hours=1)
        moment_before = (ring - timedelta(hours=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert moment_before < datetime.combine(day, wall), "an earlier pass was left out"
    assert sum(ring.astimezone(ZoneInfo(zone)).time() != wall for ring in rings) <= 2


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-28 15:00", 1, "2026-03-29 15:00"),
        ("2026-10-24 15:00", 1, "2026-10-25 15:00"),
        ("2026-03-28 02:30", 1, "2026-03-29 03:30"),
        ("2026-03-28 02:30", 2, "2026-03-30 02:30"),
        ("2026-01-31 09:00", 28, "2026-02-28 09:00"),
        ("2026-03-30 09:00", -1, "2026-03-29 09:00"),
    ],
)
def test_same_wall_time_on_another_day(start, days, end):
    assert local(same_wall_time_next_day(at(start), "Europe/Paris", days=days)) == end


def test_no_day_later_is_the_same_pass_of_a_doubled_hour():
    for instant in (at("2026-10-25 02:30+02:00"), at("2026-10-25 02:30+01:00")):
        assert same_wall_time_next_day(instant, "Europe/Paris", days=0) == instant


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-03", 24)])
def test_a_local_day_has_its_true_length(day, hours):
    start, end = day_span(date.fromisoformat(day), "Europe/Paris")
    assert (local(start), end - start) == (f"{day} 00:00", timedelta(hours=hours))


@settings(deadline=None)
@given(zone=st.sampled_from(ZONES), day=st.dates(date(2008, 1, 1), date(2030, 1, 1)))
def test_local_days_follow_each_other_without_gap_or_overlap(zone, day):
    assert day_span(day, zone)[1] == day_span(day + timedelta(days=1), zone)[0]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Europe",
        "Europe/Atlantis",
        "europe/paris ",
        "../etc/passwd",
        "/etc/localtime",
        "localtime",
        "Factory",
        "right/UTC",
        "a\0b",
        "x" * 500,
        "UTC+2",
        "é",
    ],
)
def test_names_that_are_no_zone_are_refused(name):
    with pytest.raises(Invalid) as refused:
        load_zone(name)
    assert (refused.value.field, refused.value.specific_code) == ("zone", "unknown_zone")


def test_naive_instants_and_aware_wall_times_are_refused():
    with pytest.raises(NaiveTimeError):
        to_utc(datetime(2026, 6, 3))
    with pytest.raises(NaiveTimeError):
        same_wall_time_next_day(datetime(2026, 6, 3), "Europe/Paris")
    with pytest.raises(NaiveTimeError):
        resolve_local(datetime(2026, 6, 3, tzinfo=UTC), "Europe/Paris")


@pytest.mark.parametrize(
    "instant",
    [
        datetime(1969, 12, 31, 23, 59, tzinfo=UTC),
        datetime(2100, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=12))),
    ],
)
def test_times_out_of_reach_are_refused(instant):
    with pytest.raises(TooFar):
        to_utc(instant)


@pytest.mark.parametrize("days", [40_000, -40_000, 10**8, 10**12])
def test_days_out_of_reach_are_refused(days):
    with pytest.raises(TooFar):
        same_wall_time_next_day(at("2026-06-03 09:00"), "Europe/Paris", days=days)
