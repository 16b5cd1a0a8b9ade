"""The list of people, one person, and two administrators at one record."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages

from accounts.models import Capability, User
from crm.core import toasts
from tests.factories.accounts import CalendarFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/settings/people/"


@pytest.fixture
def admin():
    return UserFactory(admin=True, name="Benoît Lacaze")


def page_of(user: User) -> str:
    return f"/settings/people/{user.pk}/"


def filled(client, user: User, **changes: object) -> dict[str, object]:
    """What the form of ``user`` would send if only ``changes`` were typed."""
    form = client.get(page_of(user)).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in (shown | changes).items() if value is not None}


def names(answer) -> list[str]:
    return [row.user.name for row in answer.context["rows"]]


def undo_of(answer) -> str:
    return toasts.undo_address(list(get_messages(answer.wsgi_request))[-1].extra_tags)


def test_search_ignores_accents_and_case_and_takes_the_beginning_of_words(visit, admin):
    UserFactory(name="Inès Delorme", email="ines@example.com")
    UserFactory(name="Zoë Ørsted", email="zoe@example.org")
    client = visit(admin)
    for query, found in {
        "ines": ["Inès Delorme"],
        "DEL in": ["Inès Delorme"],
        "orsted": ["Zoë Ørsted"],
        "example.org": ["Zoë Ørsted"],
        "elorme": [],
        "": ["Benoît Lacaze", "Inès Delorme", "Zoë Ørsted"],
    }.items():
        assert names(client.get(LIST, {"q": query})) == found, query


def test_filters_by_team_and_below_by_capability_and_by_state(visit, admin):
    above = TeamFactory()
    below = TeamFactory(parent=above)
    UserFactory(name="Ann", team=above, capabilities=[Capability.VISITS])
    UserFactory(name="Bob", team=below)
    UserFactory(name="Off", team=below, is_active=False)
    UserFactory(name="New", team=None, invited_at=admin.created_at, last_login=None)
    client = visit(admin)
    assert names(client.get(LIST, {"team": above.pk})) == ["Ann", "Bob"]
    assert names(client.get(LIST, {"team": below.pk})) == ["Bob"]
    assert names(client.get(LIST, {"capability": "visits"})) == ["Ann"]
    assert names(client.get(LIST, {"state": "off"})) == ["Off"]
    assert names(client.get(LIST, {"state": "invited"})) == ["New"]
    assert names(client.get(LIST, {"state": "nonsense", "team": "nonsense"})) == ["Ann", "Benoît Lacaze", "Bob", "New"]


def test_the_list_costs_the_same_number_of_queries_for_any_number_of_people(visit, admin, count_queries):
    client = visit(admin)
    UserFactory()
    client.get(LIST)
    with count_queries() as few:
        client.get(LIST)
    for _ in range(12):
        UserFactory(team=TeamFactory())
    with count_queries() as many:
        client.get(LIST)
    assert many.number == few.number, "\n".join(many.statements)


def test_long_lists_have_pages(visit, admin, words):
    for number in range(55):
        UserFactory(name=f"Person {number:02}", team=None)
    client = visit(admin)
    first, second = client.get(LIST), client.get(LIST, {"page": 2})
    assert (len(names(first)), len(names(second))) == (50, 6)
    assert "Page 1 of 2" in words(first)
    assert "?page=2" in first.content.decode()


def test_an_administrator_changes_everything(visit, admin):
    team, calendar = TeamFactory(), CalendarFactory()
    subject = UserFactory()
    client = visit(admin)
    data = filled(client, subject, name="Inès Delorme", email="Ines@Example.com", team=team.pk, calendar=calendar.pk,
                  capabilities=["visits", "calls"], weekly_capacity=12, language="fr", time_zone="Asia/Jakarta",
                  language_skills="french, Indonesian, en", product_skills="Scales, Fillers",
                  home_label="Lyon", home_latitude="45.75", home_longitude="4.85")  # fmt: skip
    assert client.post(page_of(subject), data).headers["Location"] == LIST
    subject.refresh_from_db()
    assert (subject.name, subject.email, subject.team, subject.calendar) == (
        "Inès Delorme",
        "ines@example.com",
        team,
        calendar,
    )
    assert (subject.capabilities, subject.weekly_capacity) == (["calls", "visits"], 12)
    assert (subject.language, subject.time_zone) == ("fr", "Asia/Jakarta")
    assert (subject.language_skills, subject.product_skills) == (["en", "fr", "id"], ["Fillers", "Scales"])
    assert (subject.home_label, float(subject.home_latitude), float(subject.home_longitude)) == ("Lyon", 45.75, 4.85)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"email": "no address"}, "email"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"language": "xx"}, "language"),
        ({"language_skills": "Klingonese"}, "language_skills"),
        ({"product_skills": "x" * 61}, "product_skills"),
        ({"home_latitude": "91", "home_longitude": "0"}, "home_latitude"),
        ({"home_latitude": "45"}, "home_longitude"),
        ({"weekly_capacity": "-1"}, "weekly_capacity"),
        ({"weekly_capacity": "many"}, "weekly_capacity"),
        ({"capabilities": ["flies"]}, "capabilities"),
        ({"team": "0192f0a0-5c8e-7000-8000-00000000dead"}, "team"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(changes, field, visit, admin):
    subject = UserFactory()
    client = visit(admin)
    answer = client.post(page_of(subject), filled(client, subject, **changes))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert f'id="id_{field}_error"' in answer.content.decode()


def test_a_taken_address_is_said_beside_its_field(visit, admin):
    UserFactory(email="taken@example.com")
    subject = UserFactory()
    client = visit(admin)
    answer = client.post(page_of(subject), filled(client, subject, email="Taken@example.com"))
    assert answer.context["form"].errors["email"] == ["Somebody with this e-mail exists already."]


def test_fields_that_are_the_servers_cannot_be_sent(visit, admin):
    subject = UserFactory()
    client = visit(admin)
    extra = {"is_active": "", "password": "x", "id": admin.pk, "invited_at": "2020-01-01", "is_staff": "1"}
    client.post(page_of(subject), filled(client, subject, name="New name") | extra)
    after = User.objects.get(pk=subject.pk)
    assert (after.name, after.is_active, after.password) == ("New name", True, subject.password)

    client = visit(subject)
    profile = client.get("/settings/profile/").context["form"]
    data = {name: profile[name].value() or "" for name in profile.fields}
    grab = {
        "capabilities": ["administers"],
        "team": "",
        "email": "x@example.com",
        "weekly_capacity": "9",
        "is_active": "",
    }
    assert client.post("/settings/profile/", data | grab).status_code == 302
    unchanged = User.objects.get(pk=subject.pk)
    assert (unchanged.capabilities, unchanged.team, unchanged.email) == (after.capabilities, after.team, after.email)


def test_the_second_of_two_administrators_sees_what_changed_and_keeps_what_was_typed(visit, admin, words):
    subject = UserFactory(name="Ines", team=TeamFactory(name="Lyon"))
    first, second = visit(UserFactory(admin=True, name="Claire Vautrin")), visit(admin)
    typed = filled(second, subject, name="Inès Delorme", product_skills="Scales")
    first.post(page_of(subject), filled(first, subject, team=TeamFactory(name="Paris").pk, capabilities=["visits"]))

    answer = second.post(page_of(subject), typed)
    text = words(answer)
    assert answer.status_code == 422
    assert "Claire Vautrin" in text
    assert "Team: Lyon → Paris" in text
    assert "What they do: Calls → Visits" in text
    form = answer.context["form"]
    assert (form["name"].value(), form["product_skills"].value()) == ("Inès Delorme", "Scales")
    assert User.objects.get(pk=subject.pk).name == "Ines", "nothing was overwritten"

    again = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    assert second.post(page_of(subject), again).status_code == 302
    assert User.objects.get(pk=subject.pk).name == "Inès Delorme"


def test_switching_off_can_be_undone_from_its_message(visit, admin):
    subject = UserFactory()
    client = visit(admin)
    answer = client.post(f"{page_of(subject)}deactivate")
    assert not User.objects.get(pk=subject.pk).is_active
    client.post(undo_of(answer))
    assert User.objects.get(pk=subject.pk).is_active


def test_nobody_switches_themselves_off_and_one_administrator_stays(visit, admin, words):
    client = visit(admin)
    assert "Access" not in words(client.get(page_of(admin)))
    assert client.post(f"{page_of(admin)}deactivate").status_code == 409
    answer = client.post(page_of(admin), filled(client, admin, capabilities=[]))
    assert "Somebody has to administer Tandem." in words(answer)
    assert User.objects.get(pk=admin.pk).capabilities == ["administers"]


def test_a_refusal_is_a_sentence_for_partial_requests(visit, admin):
    answer = visit(admin).post(f"{page_of(admin)}deactivate", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert answer.headers["X-Refusal"] == '"You cannot switch yourself off."'


def test_a_team_mate_sees_who_somebody_is_and_cannot_edit(visit, words):
    team = TeamFactory()
    rep, mate = UserFactory(team=team), UserFactory(team=team, name="Maëlle Kervarec", language_skills=["fr", "id"])
    answer = visit(rep).get(page_of(mate))
    assert "French, Indonesian" in words(answer)
    assert "form" not in answer.context or answer.context["form"] is None
    assert 'name="capabilities"' not in answer.content.decode()
