"""Times away: entering, taking back, undoing, and who sees whose."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages

from accounts import month_strip
from accounts.models import Absence
from accounts.templatetags.accounts_pages import days_away
from crm.core import toasts
from tests.factories.accounts import AbsenceFactory, CalendarFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
PAGE = "/settings/absences/"


def enter(client, user, first="2030-01-07", last="2030-01-11", **more: str):
    return client.post(f"{PAGE}add", {"user": user.pk, "kind": "leave", "first_day": first, "last_day": last, **more})


def undo_of(answer) -> str:
    return toasts.undo_address(list(get_messages(answer.wsgi_request))[-1].extra_tags)


def test_whole_days_on_the_clock_of_the_person(visit):
    rep = UserFactory(time_zone="Asia/Jakarta")
    assert enter(visit(rep), rep).headers["Location"] == PAGE
    absence = Absence.objects.get()
    assert absence.starts_at == datetime(2030, 1, 6, 17, tzinfo=UTC)
    assert absence.ends_at == datetime(2030, 1, 11, 17, tzinfo=UTC)


def test_half_a_day(visit):
    rep = UserFactory(time_zone="Europe/Paris")
    enter(visit(rep), rep, last="2030-01-07", first_hour="13:30")
    absence = Absence.objects.get()
    assert (absence.starts_at, absence.ends_at) == (
        datetime(2030, 1, 7, 12, 30, tzinfo=UTC),
        datetime(2030, 1, 7, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"first": "2030-01-07", "last": "2030-01-06"}, "last_day"),
        ({"first": "2030-01-07", "last": "2030-01-07", "first_hour": "12:00", "last_hour": "11:00"}, "last_day"),
        ({"first": "", "last": "2030-01-06"}, "first_day"),
        ({"first": "7 January", "last": "2030-01-06"}, "first_day"),
        ({"first": "2030-01-07", "last": "2033-01-07"}, "last_day"),
        ({"first": "9999-12-31", "last": "9999-12-31"}, "first_day"),
        ({"kind": "holiday"}, "kind"),
        ({"note": "x" * 201}, "note"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(typed, field, visit):
    rep = UserFactory()
    answer = enter(visit(rep), rep, **typed)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Absence.objects.exists()


def test_entering_and_taking_back_can_both_be_undone(visit):
    rep = UserFactory()
    client = visit(rep)
    entered = enter(client, rep, note="Sea")
    before = Absence.objects.values("user", "kind", "starts_at", "ends_at", "note", "id").get()
    taken_back = client.post(undo_of(entered))
    assert not Absence.objects.exists()
    client.post(undo_of(taken_back))
    client.post(undo_of(taken_back))
    assert Absence.objects.values("user", "kind", "starts_at", "ends_at", "note", "id").get() == before


def test_nobody_but_who_took_it_back_can_undo_that(visit):
    rep, mate = UserFactory(), UserFactory(admin=True)
    absence = AbsenceFactory(user=rep)
    visit(rep).post(f"{PAGE}{absence.pk}/cancel")
    assert visit(mate).post(f"{PAGE}{absence.pk}/restore").status_code == 404
    assert not Absence.objects.exists()


def test_a_manager_enters_them_for_the_team_and_nobody_else(visit):
    manager = UserFactory(manager=True)
    above = TeamFactory(managers=[manager])
    rep, stranger = UserFactory(team=TeamFactory(parent=above)), UserFactory()
    client = visit(manager)
    assert enter(client, rep).status_code == 302
    refused = enter(client, stranger)
    assert refused.status_code == 422
    assert "user" in refused.context["form"].errors
    assert [absence.user for absence in Absence.objects.all()] == [rep]
    assert enter(visit(rep), manager).status_code == 422


def test_a_team_mate_sees_that_somebody_is_away_but_neither_why_nor_the_note(visit, words):
    team = TeamFactory()
    rep, mate = UserFactory(team=team), UserFactory(team=team)
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)
    AbsenceFactory(
        user=mate, kind="sick", note="Flu", starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=2)
    )
    with time_machine.travel(now, tick=True):
        text = words(visit(rep).get("/inside/")) + words(visit(rep).get(PAGE))
    assert "away, back" in text
    assert "Flu" not in text
    assert "Sick" not in text.replace("Sick </option", "").split("Enter an absence")[0]


def test_the_month_shows_each_of_the_manager_s_people(visit, words):
    manager = UserFactory(manager=True, team=None, name="Boss")
    team = TeamFactory(managers=[manager], name="Lyon", calendar=CalendarFactory(country="FR"))
    ann, _bob = UserFactory(team=team, name="Ann"), UserFactory(team=team, name="Bob")
    UserFactory(name="Stranger")
    AbsenceFactory(
        user=ann, starts_at=datetime(2026, 11, 29, 23, tzinfo=UTC), ends_at=datetime(2026, 12, 2, 23, tzinfo=UTC)
    )
    answer = visit(manager).get(PAGE, {"month": "2026-12"})
    (group,) = answer.context["strip"].shown
    assert [row.user.name for row in group.rows] == ["Ann", "Bob"]
    assert [(span.start, span.length) for span in group.rows[0].spans] == [(0, 2)], "it began in November"
    assert {4, 5, 24} <= set(group.rest_days), "weekends and Christmas"
    assert 7 not in group.rest_days
    assert "Stranger" not in words(answer)
    assert visit(ann).get(PAGE).context["strip"] is None


def test_a_big_organisation_is_shown_team_by_team(visit, monkeypatch):
    monkeypatch.setattr(month_strip, "MOST_AT_ONCE", 2)
    admin = UserFactory(admin=True)
    first, second = TeamFactory(name="A"), TeamFactory(name="B")
    for team in (first, first, second):
        UserFactory(team=team)
    client = visit(admin)
    assert [group.team for group in client.get(PAGE).context["strip"].shown] == [first]
    assert [group.team for group in client.get(PAGE, {"team": second.pk}).context["strip"].shown] == [second]
    assert [group.team for group in client.get(PAGE, {"team": "nonsense"}).context["strip"].shown] == [first]


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-02", date(2026, 2, 1)),
        ("", date(2026, 11, 1)),
        ("2026-13", date(2026, 11, 1)),
        ("0001-01", date(2026, 11, 1)),
        ("x", date(2026, 11, 1)),
    ],
)
def test_months_by_address(text, month):
    assert month_strip.parse(text, date(2026, 11, 23)) == month


def test_months_follow_each_other():
    strip = month_strip.Strip(date(2026, 2, 1), month_strip.days_of(date(2026, 2, 1)), None, [], [], None)
    assert (strip.previous, strip.following, len(strip.days)) == ("2026-01", "2026-03", 28)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "said"),
    [
        (datetime(2030, 1, 6, 23, tzinfo=UTC), datetime(2030, 1, 7, 23, tzinfo=UTC), "Mon 7 Jan"),
        (datetime(2030, 1, 6, 23, tzinfo=UTC), datetime(2030, 1, 11, 23, tzinfo=UTC), "7 Jan \u2013 11 Jan"),
        (datetime(2030, 1, 7, 12, 30, tzinfo=UTC), datetime(2030, 1, 7, 17, tzinfo=UTC), "Mon 7 Jan, 13:30\u201318:00"),
        (
            datetime(2030, 1, 7, 12, 30, tzinfo=UTC),
            datetime(2030, 1, 8, 23, tzinfo=UTC),
            "7 Jan, 13:30 \u2013 9 Jan, 00:00",
        ),
    ],
)
def test_absences_in_words(starts_at, ends_at, said):
    absence = AbsenceFactory.build(
        user=UserFactory.build(time_zone="Europe/Paris", team=None), starts_at=starts_at, ends_at=ends_at
    )
    assert str(days_away(absence)) == said
