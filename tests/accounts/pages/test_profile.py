"""One's own profile, and the language of everything."""

from __future__ import annotations

import pytest

from accounts.models import User
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
PROFILE = "/settings/profile/"


def typed(client, **changes: object) -> dict[str, object]:
    form = client.get(PROFILE).context["form"]
    return {name: form[name].value() or "" for name in form.fields} | changes


def test_changing_it_changes_the_next_page(visit, words):
    user = UserFactory(time_zone="Europe/Paris")
    client = visit(user)
    answer = client.post(PROFILE, typed(client, language="fr", time_zone="Asia/Jakarta", name="Inès"))
    assert answer.cookies["language"].value == "fr"
    after = User.objects.get(pk=user.pk)
    assert (after.name, after.language, after.time_zone) == ("Inès", "fr", "Asia/Jakarta")
    assert '<html lang="fr"' in client.get(PROFILE).content.decode()


def test_two_windows_of_one_person_do_not_overwrite_each_other(visit, words):
    client = visit(UserFactory(name="Old"))
    first, second = typed(client, name="First"), typed(client, name="Second")
    client.post(PROFILE, first)
    answer = client.post(PROFILE, second)
    assert "Name: Old → First" in words(answer)
    assert answer.context["form"]["name"].value() == "Second"


def test_an_unchanged_profile_saves_without_a_trace(visit):
    user = UserFactory()
    client = visit(user)
    assert client.post(PROFILE, typed(client)).status_code == 302
    assert User.objects.get(pk=user.pk).version == user.version


def test_the_switch_in_the_menu_writes_the_profile_and_the_cookie(visit, client):
    user = UserFactory(language="en")
    signed_in = visit(user)
    answer = signed_in.post("/i18n/setlang/", {"language": "id", "next": PROFILE})
    assert answer.headers["Location"] == PROFILE
    assert User.objects.get(pk=user.pk).language == "id"
    assert '<html lang="id"' in signed_in.get(PROFILE).content.decode()

    assert (
        client.post("/i18n/setlang/", {"language": "fr", "next": "/accounts/login/"}).cookies["language"].value == "fr"
    )
    assert '<html lang="fr"' in client.get("/accounts/login/").content.decode()
    assert client.get("/i18n/setlang/").status_code == 405
    assert client.post("/i18n/setlang/", {"language": "xx"}).status_code == 302


def test_zones_stand_by_continent_with_their_offset():
    from accounts.forms.fields import zone_choices

    areas = dict(zone_choices())
    assert ("Asia/Jakarta", "Jakarta (+07:00)") in areas["Asia"]
    assert not {"Etc", "SystemV", "posix"} & set(areas)
