"""Days that differ from the week."""

from __future__ import annotations

from datetime import date

import pytest

from crm.core.errors import Invalid
from crm.core.worktime import Calendar, Holidays, WeeklyHours, places_with_holidays, public_holidays, region_names

from .places import at, local, office

WEEK = WeeklyHours.parse({day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")})
USUAL = ((540, 1020),)


@pytest.mark.parametrize(
    ("country", "subdivision", "day", "is_open"),
    [
        ("FR", "", "2026-04-03", True),  # Good Friday
        ("FR", "6AE", "2026-04-03", False),  # Alsace
        ("FR", "57", "2026-04-03", False),  # Moselle
        ("FR", "", "2026-04-06", False),  # Easter Monday
        ("FR", "", "2026-07-14", False),
        ("FR", "57", "2025-12-26", False),
        ("FR", "", "2025-12-26", True),
        ("FR", "974", "2027-12-20", False),  # abolition of slavery, Réunion
        ("FR", "", "2027-12-20", True),
        ("ID", "", "2026-08-17", False),
        ("ID", "", "2026-02-17", False),  # lunar new year
        ("ID", "", "2026-05-27", False),  # Eid al-Adha
        ("ID", "", "2026-07-14", True),
        ("US", "", "2026-07-03", False),  # the 4th is a Saturday
        ("US", "", "2026-07-06", True),
        ("US", "", "2026-11-26", False),
        ("GB", "ENG", "2026-08-31", False),
        ("GB", "SCT", "2026-08-31", True),
        ("GB", "SCT", "2026-08-03", False),
        ("DE", "BY", "2026-01-06", False),
        ("DE", "BE", "2026-01-06", True),
        ("JP", "", "2026-05-06", False),  # in lieu of Sunday the 3rd
        ("AU", "VIC", "2026-11-03", False),  # Melbourne Cup
        ("", "", "2026-12-25", True),
    ],
)
def test_public_holidays_of_places(country, subdivision, day, is_open):
    day = date.fromisoformat(day)
    assert day.weekday() < 5, "a weekend would prove nothing"
    assert Holidays(country, subdivision).hours_on(day, WEEK) == (USUAL if is_open else ())


def test_own_days_beat_the_public_holiday_and_the_weekday():
    holidays = Holidays(
        "FR",
        closed_on=frozenset({date(2026, 5, 15)}),
        open_on=((date(2026, 5, 25), None), (date(2026, 12, 20), ((600, 960),)), (date(2026, 5, 8), ((600, 720),))),
    )
    assert holidays.hours_on(date(2026, 5, 15), WEEK) == ()  # the Friday after Ascension
    assert holidays.hours_on(date(2026, 5, 25), WEEK) == USUAL  # Pentecost Monday, worked
    assert holidays.hours_on(date(2026, 12, 20), WEEK) == ((600, 960),)  # a Sunday before Christmas
    assert holidays.hours_on(date(2026, 5, 8), WEEK) == ((600, 720),)
    assert holidays.hours_on(date(2026, 5, 14), WEEK) == ()
    assert holidays.hours_on(date(2026, 5, 24), WEEK) == ()


def test_a_shift_belongs_to_the_day_it_starts_on():
    nights = Calendar(
        "Europe/Paris", WeeklyHours.parse({day: [["22:00", "06:00"]] for day in ("wed", "thu")}), Holidays("FR")
    )
    # Thursday 14 May 2026 is Ascension: Wednesday's shift is worked to its end, Thursday's is not begun.
    assert local(nights.closes_at(at("2026-05-13 23:00"))) == "2026-05-14 06:00"
    assert local(nights.next_opening(at("2026-05-14 06:00"))) == "2026-05-20 22:00"


def test_holidays_of_the_calendar_are_days_of_its_zone():
    jakarta = office("Asia/Jakarta", country="ID")
    # 17 August 2026, a Monday, begins in Jakarta on Sunday 17:00 UTC.
    assert local(jakarta.next_opening(at("2026-08-14 18:00", "Asia/Jakarta")), "Asia/Jakarta") == "2026-08-18 10:00"


def test_json_comes_back():
    raw = {
        "country": "FR",
        "subdivision": "6AE",
        "closed": ["2026-05-15", "2026-07-13"],
        "open": {"2026-05-25": None, "2026-12-20": [["10:00", "16:00"]]},
    }
    assert Holidays.parse(raw).to_json() == raw
    assert Holidays.parse({}) == Holidays()
    assert hash(Holidays.parse(raw)) == hash(Holidays.parse(dict(reversed(raw.items()))))


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        (None, "holidays", "holidays_malformed"),
        ([], "holidays", "holidays_malformed"),
        ({"land": "FR"}, "holidays", "holidays_malformed"),
        ({"country": 33}, "holidays.country", "holidays_malformed"),
        ({"country": None}, "holidays.country", "holidays_malformed"),
        ({"country": "XX"}, "holidays.country", "unknown_country"),
        ({"country": "fr"}, "holidays.country", "unknown_country"),
        ({"country": "FRA"}, "holidays.country", "unknown_country"),
        ({"subdivision": "6AE"}, "holidays.country", "unknown_country"),
        ({"country": "FR", "subdivision": "BY"}, "holidays.subdivision", "unknown_subdivision"),
        ({"closed": "2026-05-15"}, "holidays.closed", "holidays_malformed"),
        ({"closed": ["2026-05-15", "2026-02-30"]}, "holidays.closed[1]", "holidays_malformed"),
        ({"closed": ["20260515"]}, "holidays.closed[0]", "holidays_malformed"),
        ({"closed": ["2026-W20-5"]}, "holidays.closed[0]", "holidays_malformed"),
        ({"closed": [20260515]}, "holidays.closed[0]", "holidays_malformed"),
        (
            {"closed": [f"{year}-01-{day:02}" for year in range(2000, 2040) for day in range(1, 29)]},
            "holidays.closed",
            "holidays_malformed",
        ),
        (
            {"open": {f"{year}-01-{day:02}": None for year in range(2000, 2040) for day in range(1, 29)}},
            "holidays.open",
            "holidays_malformed",
        ),
        ({"open": ["2026-05-15"]}, "holidays.open", "holidays_malformed"),
        ({"open": {"soon": None}}, "holidays.open", "holidays_malformed"),
        ({"open": {"2026-05-15": [["10:00"]]}}, "holidays.open.2026-05-15[0]", "hours_malformed"),
        ({"open": {"2026-05-15": None}, "closed": ["2026-05-15"]}, "holidays.open", "holidays_contradict"),
    ],
)
def test_refusals_name_the_field(raw, field, code):
    with pytest.raises(Invalid) as refused:
        Holidays.parse(raw)
    assert (refused.value.field, refused.value.specific_code) == (field, code)


def test_one_date_cannot_be_opened_twice():
    with pytest.raises(Invalid):
        Holidays(open_on=((date(2026, 5, 15), None), (date(2026, 5, 15), ((600, 960),))))


def test_names_come_in_the_reader_s_language_where_known():
    assert public_holidays("FR", "", 2026, language="fr")[date(2026, 7, 14)] == "Fête nationale"
    assert public_holidays("FR", "", 2026, language="en")[date(2026, 7, 14)] == "National Day"
    assert public_holidays("ID", "", 2026, language="id")[date(2026, 8, 17)] == "Hari Kemerdekaan Republik Indonesia"
    assert list(public_holidays("FR", "6AE", 2026)) == sorted(public_holidays("FR", "6AE", 2026))


def test_places_offer_countries_with_their_subdivisions():
    places = places_with_holidays()
    assert "6AE" in places["FR"]
    assert "BY" in places["DE"]
    assert "ID" in places
    assert all(len(country) == 2 for country in places)


def test_regions_have_names():
    assert region_names("FR")["57"] == "Moselle"
    assert region_names("FR")["971"] == "Guadeloupe"
    assert set(region_names("DE")) == set(places_with_holidays()["DE"])
    assert region_names("ID") == {}
    with pytest.raises(Invalid):
        region_names("XX")
