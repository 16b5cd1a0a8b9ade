"""The written form of opening hours, and every way to get it wrong."""

from __future__ import annotations

import pytest

from crm.core.errors import Invalid
from crm.core.worktime import WEEKDAYS, WeeklyHours, parse_day

OFFICE = {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], "fri": [["22:00", "06:00"]]}


def test_hours_are_minutes_per_weekday():
    assert WeeklyHours.parse(OFFICE).days == (((540, 750), (810, 1080)), (), (), (), ((1320, 1800),), (), ())


def test_json_comes_back_with_all_days():
    assert WeeklyHours.parse(OFFICE).to_json() == {name: OFFICE.get(name, []) for name in WEEKDAYS}


def test_equal_hours_are_equal_however_they_were_written():
    shuffled = {"fri": [("22:00", "06:00")], "mon": [["13:30", "18:00"], ["09:00", "12:30"]], "tue": []}
    assert WeeklyHours.parse(shuffled) == WeeklyHours.parse(OFFICE)
    assert hash(WeeklyHours.parse(shuffled)) == hash(WeeklyHours.parse(OFFICE))


@pytest.mark.parametrize("midnight", ["24:00", "00:00"])
def test_midnight_may_end_a_day_in_two_ways(midnight):
    hours = WeeklyHours.parse({"mon": [["18:00", midnight]]})
    assert hours.days[0] == ((1080, 1440),)
    assert hours.to_json()["mon"] == [["18:00", "24:00"]]


def test_a_whole_week_touches_itself_without_overlap():
    assert WeeklyHours.parse({name: [["00:00", "24:00"]] for name in WEEKDAYS}) == WeeklyHours.always()
    assert WeeklyHours.parse({name: [["06:00", "22:00"], ["22:00", "06:00"]] for name in WEEKDAYS}).days[6][1] == (
        1320,
        1800,
    )


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        (None, "hours", "hours_malformed"),
        ([], "hours", "hours_malformed"),
        ("mon", "hours", "hours_malformed"),
        ({"monday": []}, "hours", "hours_malformed"),
        ({1: []}, "hours", "hours_malformed"),
        ({"mon": "09:00-18:00"}, "hours.mon", "hours_malformed"),
        ({"mon": None}, "hours.mon", "hours_malformed"),
        ({"mon": [["09:00", "10:00"]] * 25}, "hours.mon", "hours_malformed"),
        ({"tue": [["09:00", "12:00"], ["13:00"]]}, "hours.tue[1]", "hours_malformed"),
        ({"tue": [["09:00", "12:00", "13:00"]]}, "hours.tue[0]", "hours_malformed"),
        ({"tue": ["09:00"]}, "hours.tue[0]", "hours_malformed"),
        ({"wed": [["9:00", "12:00"]]}, "hours.wed[0]", "hours_malformed"),
        ({"wed": [["09:00", "12:60"]]}, "hours.wed[0]", "hours_malformed"),
        ({"wed": [["09:00", "24:01"]]}, "hours.wed[0]", "hours_malformed"),
        ({"wed": [["09:00", "25:00"]]}, "hours.wed[0]", "hours_malformed"),
        ({"wed": [["09:00", "12:00:00"]]}, "hours.wed[0]", "hours_malformed"),
        ({"wed": [["09:00", "12:00\n"]]}, "hours.wed[0]", "hours_malformed"),
        ({"wed": [["\u0660\u0669:00", "12:00"]]}, "hours.wed[0]", "hours_malformed"),
        ({"wed": [[9, 12]]}, "hours.wed[0]", "hours_malformed"),
        ({"wed": [["09:00", "09:00"]]}, "hours.wed[0]", "hours_malformed"),
        ({"wed": [["00:00", "00:00"]]}, "hours.wed[0]", "hours_malformed"),
        ({"wed": [["24:00", "06:00"]]}, "hours.wed[0]", "hours_malformed"),
        ({"thu": [["09:00", "12:00"], ["11:59", "14:00"]]}, "hours.thu", "hours_overlap"),
        ({"thu": [["22:00", "06:00"]], "fri": [["05:00", "09:00"]]}, "hours.fri", "hours_overlap"),
        ({"sun": [["22:00", "06:00"]], "mon": [["05:00", "09:00"]]}, "hours.mon", "hours_overlap"),
    ],
)
def test_refusals_name_the_field(raw, field, code):
    with pytest.raises(Invalid) as refused:
        WeeklyHours.parse(raw)
    assert (refused.value.field, refused.value.specific_code) == (field, code)


def test_a_refusal_quotes_what_was_written_but_not_all_of_it():
    with pytest.raises(Invalid, match=r"“9am” is no time of day\. Write it as 09:00\."):
        WeeklyHours.parse({"mon": [["9am", "12:00"]]})
    with pytest.raises(Invalid) as refused:
        WeeklyHours.parse({"mon": [["9" * 10_000, "12:00"]]})
    assert len(str(refused.value)) < 100


def test_the_caller_names_the_field():
    with pytest.raises(Invalid) as refused:
        WeeklyHours.parse({"mon": 1}, field="calendar.hours")
    assert refused.value.field == "calendar.hours.mon"
    with pytest.raises(Invalid) as refused:
        parse_day([1], field="open")
    assert refused.value.field == "open[0]"


@pytest.mark.parametrize(
    "days", [((),) * 6, (((-1, 5),), *((),) * 6), (((1440, 1500),), *((),) * 6), (((0, 1441),), *((),) * 6)]
)
def test_code_cannot_build_an_impossible_week(days):
    with pytest.raises(ValueError, match=r"days|interval"):
        WeeklyHours(days)
