"""Working calendars: the week, the holidays, what it says now."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine

from accounts import selectors
from accounts.models import WorkingCalendar
from accounts.templatetags.accounts_pages import open_now, spans, weekdays
from accounts.views.calendars import next_holidays
from accounts.working_time import build_calendar
from tests.factories.accounts import CalendarFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/settings/calendars/"
TIMES = {"opens": ["09:00", "13:30"], "closes": ["12:30", "18:00"]}
WEEK = {f"hours_{day}_{edge}": times for day in ("mon", "tue", "wed", "thu", "fri") for edge, times in TIMES.items()}


@pytest.fixture
def admin_client(visit):
    return visit(UserFactory(admin=True))


def fields(**changes: object) -> dict[str, object]:
    return {"name": "Office", "time_zone": "Europe/Paris", "country": "FR", "region": "", **WEEK, **changes}


def test_making_one(admin_client):
    own_days = {"closed_days": ["2026-12-24", "2026-05-15"], "open_days": ["2026-12-26"]}
    data = fields(region="6AE", hours_sat_opens=["10:00"], hours_sat_closes=["12:00"], **own_days)
    assert admin_client.post(f"{LIST}new", data).headers["Location"] == LIST
    row = WorkingCalendar.objects.get()
    assert row.hours["mon"] == [["09:00", "12:30"], ["13:30", "18:00"]]
    assert row.hours["sat"] == [["10:00", "12:00"]]
    assert "sun" not in row.hours
    assert (row.country, row.region) == ("FR", "6AE")
    assert row.closed_days == [date(2026, 5, 15), date(2026, 12, 24)]
    assert row.open_days == [date(2026, 12, 26)]


def test_the_form_shows_what_is_stored(admin_client):
    row = CalendarFactory(
        hours={"mon": [["22:00", "24:00"]], "tue": [["00:00", "06:00"]]}, closed_days=[date(2026, 12, 24)]
    )
    page = admin_client.get(f"{LIST}{row.pk}/").content.decode()
    assert 'name="hours_mon_opens" value="22:00"' in page
    assert 'name="hours_mon_closes" value="00:00"' in page, "a time field cannot show 24:00"
    assert 'name="closed_days" value="2026-12-24"' in page
    form = admin_client.get(f"{LIST}{row.pk}/").context["form"]
    assert form["region"].field.choices[1] == ("6AE", "Alsace")


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"name": ""}, "name", ""),
        ({"time_zone": "Mars/Olympus"}, "time_zone", ""),
        ({"hours_mon_opens": ["09:00"], "hours_mon_closes": [""]}, "hours", "Monday: say both"),
        ({"hours_tue_opens": ["09:00", "11:00"], "hours_tue_closes": ["12:00", "14:00"]}, "hours", "Tuesday: 11:00"),
        ({"hours_wed_opens": ["25:00"], "hours_wed_closes": ["26:00"]}, "hours", "Wednesday:"),
        ({name: [] for name in WEEK}, "hours", "at least one day"),
        ({"country": "XX"}, "country", ""),
        ({"region": "Bavaria"}, "region", ""),
        ({"closed_days": ["2026-02-30"]}, "closed_days", "is no date"),
        ({"closed_days": ["2026-12-24"], "open_days": ["2026-12-24"]}, "open_days", "among the closed days"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(changes, field, said, admin_client):
    answer = admin_client.post(f"{LIST}new", fields(**changes))
    assert answer.status_code == 422
    assert said in answer.context["form"].errors[field][0]
    assert not WorkingCalendar.objects.exists()


def test_a_taken_name_is_said_beside_it_and_the_typed_week_stays(admin_client):
    CalendarFactory(name="office")
    answer = admin_client.post(f"{LIST}new", fields(hours_sun_opens=["10:00"], hours_sun_closes=["11:00"]))
    assert answer.context["form"].errors["name"] == ["There is a calendar of this name already."]
    assert 'name="hours_sun_opens" value="10:00"' in answer.content.decode()


def test_the_second_of_two_who_edit_it_sees_the_first(admin_client, visit, words):
    row = CalendarFactory(name="Office")
    path, seen = f"{LIST}{row.pk}/", row.version
    visit(UserFactory(admin=True, name="Claire")).post(path, fields(name="Office 1", version=seen))
    answer = admin_client.post(path, fields(name="Office 2", version=seen))
    assert "Name: Office → Office 1" in words(answer)
    assert answer.context["form"]["name"].value() == "Office 2"


def test_one_in_use_stays(admin_client, words):
    row = TeamFactory().calendar
    refused = admin_client.post(f"{LIST}{row.pk}/delete")
    assert refused.status_code == 409
    assert "still work by this calendar" in words(refused)
    spare = CalendarFactory()
    assert admin_client.post(f"{LIST}{spare.pk}/delete").status_code == 302
    assert not WorkingCalendar.objects.filter(pk=spare.pk).exists()


@pytest.mark.parametrize(
    ("moment", "sentence"),
    [
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), "Open now until 12:30"),
        (datetime(2026, 11, 23, 12, 0, tzinfo=UTC), "Closed until 13:30"),
        (datetime(2026, 11, 23, 18, 0, tzinfo=UTC), "Closed until tomorrow 09:00"),
        (datetime(2026, 11, 27, 18, 0, tzinfo=UTC), "Closed until Monday 09:00"),
        (datetime(2026, 12, 24, 18, 0, tzinfo=UTC), "Closed until Monday 09:00"),  # Christmas is a Friday
    ],
)
def test_it_says_in_a_sentence_whether_it_is_open(moment, sentence, settings):
    row = CalendarFactory.build()
    with time_machine.travel(moment, tick=False):
        day = selectors.day_of(build_calendar(row), moment)
        assert open_now(day).replace(" in Paris", "") == sentence


def test_the_place_is_named_when_its_clock_is_another(settings):
    row = CalendarFactory.build(time_zone="Asia/Jakarta", country="ID")
    moment = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        assert open_now(selectors.day_of(build_calendar(row), moment)) == "Open now until 12:30 in Jakarta"


def test_around_the_clock():
    always = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    row = CalendarFactory.build(hours=always, country="")
    assert (
        open_now(selectors.day_of(build_calendar(row), datetime(2026, 11, 23, tzinfo=UTC))) == "Open around the clock"
    )


def test_the_next_days_that_differ_are_holidays_and_own_days():
    row = CalendarFactory.build(country="FR", closed_days=[date(2026, 12, 24)], open_days=[date(2027, 1, 1)])
    days = next_holidays(row, date(2026, 12, 1))
    assert [(day.day, bool(day.name), day.is_worked) for day in days[:3]] == [
        (date(2026, 12, 24), False, False),
        (date(2026, 12, 25), True, False),
        (date(2027, 1, 1), True, True),
    ]


def test_the_preview_speaks_of_what_is_typed(visit, words):
    with time_machine.travel(datetime(2026, 11, 23, 9, tzinfo=UTC), tick=True):
        admin_client = visit(UserFactory(admin=True))
        answer = admin_client.get(f"{LIST}preview", fields())
        text = words(answer)
        assert "Open now until 12:30" in text
        assert "Christmas Day" in text or "Noël" in text
        assert "Alsace" in text, "the region's choices come along"
        assert "Not yet a calendar" in words(admin_client.get(f"{LIST}preview", fields(hours_mon_closes=["", ""])))
    assert not WorkingCalendar.objects.exists()


def test_days_with_the_same_hours_stand_together():
    office, night = [["09:00", "18:00"]], [["22:00", "24:00"]]
    row = CalendarFactory.build(hours={"mon": office, "tue": office, "thu": office, "fri": night})
    week = [(weekdays(hours), spans(hours.pairs)) for hours in selectors.week_of(row)]
    assert [days for days, _hours in week] == ["Monday to Tuesday", "Thursday", "Friday"]
    assert week[0][1] == "09:00\u201318:00"
