"""Where a day begins, and the search: honest with what there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import Capability
from crm.records import search
from tests.factories.accounts import AbsenceFactory, CalendarFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # 10:30 in Paris, 16:30 in Jakarta


@pytest.fixture
def on_monday():
    with time_machine.travel(MONDAY, tick=True):
        yield


def test_the_desk_says_the_hour_my_hours_and_who_is_there(on_monday, visit, words):
    team = TeamFactory(name="Inside Lyon", calendar=CalendarFactory(country="FR"))
    rep = UserFactory(team=team)
    UserFactory(team=team, name="Sari Wulandari", time_zone="Asia/Jakarta")
    away = UserFactory(team=team, name="Maëlle Kervarec")
    AbsenceFactory(user=away, starts_at=MONDAY - timedelta(days=2), ends_at=datetime(2026, 11, 25, 23, tzinfo=UTC))
    UserFactory(name="Stranger")
    text = words(visit(rep).get("/inside/"))
    assert "10:30" in text
    assert "09:00\u201312:30, 13:30\u201318:00 your hours today" in text
    assert "12:30 next break or end of work" in text
    assert "1 of 2 team-mates here" in text
    assert "Sari Wulandari Inside here until 18:00 16:30 in Jakarta" in text
    assert "Maëlle Kervarec Inside away, back Thursday" in text
    assert "Stranger" not in text
    assert "Nobody waits" in text, "no figures are made up"


def test_outside_working_hours_it_says_when_they_begin_again(visit, words):
    with time_machine.travel(datetime(2026, 11, 22, 9, tzinfo=UTC), tick=True):
        rep = UserFactory(team=TeamFactory(calendar=CalendarFactory(country="FR")))
        text = words(visit(rep).get("/inside/"))
    assert "Free today" in text
    assert "tomorrow 09:00 your next opening" in text


def test_away_it_says_until_when(on_monday, visit, words):
    rep = UserFactory()
    AbsenceFactory(user=rep, starts_at=MONDAY - timedelta(hours=1), ends_at=MONDAY + timedelta(hours=2))
    assert "Away back 12:30" in words(visit(rep).get("/inside/"))


def test_without_a_team_it_says_so(visit, words):
    text = words(visit(UserFactory(team=None)).get("/inside/"))
    assert "no working hours: you are in no team" in text
    assert "You are in no team yet" in text


def test_the_round_shows_home_base_or_asks_for_it(visit, words):
    assert "Saint-Étienne" in words(visit(UserFactory(field=True, home_label="Saint-Étienne")).get("/field/"))
    assert "Say where" in words(visit(UserFactory(field=True)).get("/field/"))


def test_the_managers_home_shows_their_tree_who_is_here_and_who_is_away(on_monday, visit, words):
    boss = UserFactory(manager=True, team=None)
    top = TeamFactory(name="Selaras", managers=[boss])
    lyon = TeamFactory(name="Lyon", parent=top)
    UserFactory(team=lyon, name="Ann")
    bob = UserFactory(team=lyon, name="Bob")
    AbsenceFactory(user=bob, starts_at=MONDAY - timedelta(days=1), ends_at=MONDAY + timedelta(days=1))
    UserFactory(name="Stranger")
    answer = visit(boss).get("/managers/")
    text = words(answer)
    assert "1 of 2 who sell are there" in text
    assert "1 away today" in text
    assert [branch.team.name for branch, _members in answer.context["teams"]] == ["Selaras", "Lyon"]
    assert [person.user.name for person in answer.context["away"]] == ["Bob"]
    assert "Stranger" not in text


def test_the_fix_list_names_the_reason_and_the_way(visit, words):
    admin = UserFactory(admin=True)
    boss = UserFactory(manager=True, team=None)
    fine = TeamFactory(managers=[boss])
    UserFactory(team=TeamFactory(parent=fine), name="Fine")
    lost = UserFactory(team=None, name="No team")
    full = UserFactory(team=fine, name="Full", weekly_capacity=0)
    idle = UserFactory(team=fine, name="Idle", capabilities=[])
    TeamFactory(name="Headless")
    answer = visit(admin).get("/managers/")
    found = [(fault.subject, fault.code) for fault in answer.context["to_fix"]]
    assert sorted(found) == [
        ("Full", "no_capacity"),
        ("Headless", "no_manager"),
        ("Idle", "no_capability"),
        ("No team", "no_hours"),
        ("No team", "no_team"),
    ]
    page = answer.content.decode()
    for person in (lost, full, idle):
        assert f'href="/settings/people/{person.pk}/"' in page
    theirs = visit(boss).get("/managers/").context["to_fix"]
    assert [(fault.subject, fault.url) for fault in theirs] == [("Full", ""), ("Idle", "")]


def test_everything_in_order_is_said(visit, words):
    boss = UserFactory(manager=True, team=None)
    UserFactory(team=TeamFactory(managers=[boss]))
    assert "Everybody has a team, hours and room for leads." in words(visit(boss).get("/managers/"))


@pytest.mark.parametrize(
    ("path", "capability"), [("/inside/", "calls"), ("/field/", "visits"), ("/managers/", "manages")]
)
def test_a_start_page_costs_the_same_number_of_queries_for_any_number_of_people(path, capability, visit, count_queries):
    reader = UserFactory(capabilities=[Capability(capability)])
    team = reader.team
    if capability == "manages":
        team.managers.add(reader)
    UserFactory(team=team)
    client = visit(reader)
    client.get(path)
    with count_queries() as few:
        client.get(path)
    for _ in range(10):
        UserFactory(team=team)
    with count_queries() as many:
        client.get(path)
    assert few.number == many.number <= 12, "\n".join(many.statements)


# --- Search -----------------------------------------------------------------------------------------------------------------


def test_it_finds_people_and_teams_that_one_may_see(visit, words):
    team = TeamFactory(name="Équipe Lyon")
    rep = UserFactory(team=team)
    UserFactory(team=team, name="Élodie Lyonnais")
    UserFactory(name="Lyon Stranger", team=TeamFactory(name="Lyon elsewhere"))
    client = visit(rep)
    text = words(client.get("/search", {"q": "LYON"}))
    assert "Élodie Lyonnais" in text
    assert "Équipe Lyon" in text
    assert "Stranger" not in text
    assert "elsewhere" not in text
    everything = words(visit(UserFactory(admin=True)).get("/search", {"q": "lyon"}))
    assert "Lyon Stranger" in everything
    assert "Lyon elsewhere" in everything


def test_the_field_on_the_board_gets_its_suggestions(visit):
    rep = UserFactory(name="Inès Delorme")
    client = visit(rep)
    partial = {"HX-Request": "true", "HX-Target": "found"}
    answer = client.get("/search", {"q": "ines d"}, headers=partial).content.decode()
    assert 'role="option"' in answer
    assert "<html" not in answer
    assert "/search?q=ines+d" in answer
    assert client.get("/search", {"q": " "}, headers=partial).content == b""
    assert client.get("/search", {"q": "i"}, headers=partial).content == b""


@pytest.mark.parametrize("query", ["%", "' OR 1=1 --", "\x00", "(", "a" * 5_000, "ﬁ", "\u202e"])
def test_odd_queries_find_nothing_and_break_nothing(query, visit):
    assert visit(UserFactory()).get("/search", {"q": query}).status_code == 200


def test_higher_apps_add_their_kinds(monkeypatch, visit, words):
    monkeypatch.setattr(search, "_kinds", dict(search._kinds))
    search.register("boats", "Boats", lambda reader, query, limit: [search.Hit("/boats/1", f"Boat {query}")])
    assert "Boat lyon" in words(visit(UserFactory()).get("/search", {"q": "lyon"}))
    with pytest.raises(ValueError, match="already"):
        search.register("boats", "Boats", lambda reader, query, limit: [])
