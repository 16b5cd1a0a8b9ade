"""Where one is signed in, and signing out there: on the server, at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import devices
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1"
PROFILE = "/settings/profile/"


def browser(user, agent: str = LAPTOP) -> Client:
    client = Client(headers={"User-Agent": agent})
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert client.get(PROFILE).status_code == 200
    return client


def test_every_device_is_listed_this_one_first(words):
    user = UserFactory()
    browser(user, PHONE)
    text = words(browser(user).get("/settings/sessions/"))
    assert text.index("Chrome on Linux this one") < text.index("Safari on iPhone")
    assert "127.0.0.1" in text


def test_signing_out_there_ends_that_session_only():
    user = UserFactory()
    lost, here = browser(user, PHONE), browser(user)
    row = UserSession.objects.get(user_agent=PHONE)
    here.post(f"/settings/sessions/{row.pk}/end")
    assert (lost.get(PROFILE).status_code, here.get(PROFILE).status_code) == (302, 200)


def test_everywhere_else_or_everywhere():
    user, other = UserFactory(), UserFactory()
    others, here, stranger = [browser(user), browser(user, PHONE)], browser(user), browser(other)
    here.post("/settings/sessions/end-others")
    assert [client.get(PROFILE).status_code for client in (*others, here)] == [302, 302, 200]
    again = browser(user)
    assert here.post("/settings/sessions/end-all").headers["Location"] == "/accounts/login/"
    assert [client.get(PROFILE).status_code for client in (again, here, stranger)] == [302, 302, 200]
    assert not UserSession.objects.filter(user=user).exists()


def test_use_keeps_a_session_alive_and_eight_idle_hours_end_it():
    user = UserFactory()
    with time_machine.travel(datetime(2026, 11, 23, 8, tzinfo=UTC), tick=False) as travel:
        client = browser(user)
        for _ in range(4):
            travel.shift(timedelta(hours=7))
            assert client.get(PROFILE).status_code == 200
        travel.shift(timedelta(hours=8, minutes=1))
        assert client.get(PROFILE).status_code == 302


def test_kept_signed_in_it_lasts_fourteen_idle_days():
    user = UserFactory()
    with time_machine.travel(datetime(2026, 11, 2, 8, tzinfo=UTC), tick=False) as travel:
        client = Client()
        client.post("/accounts/login/", {"login": user.email, "password": PASSWORD, "remember": "on"})
        for _ in range(2):
            travel.shift(timedelta(days=13))
            assert client.get(PROFILE).status_code == 200
        travel.shift(timedelta(days=15))
        assert client.get(PROFILE).status_code == 302


def test_thirty_days_after_its_sign_in_it_is_over_however_much_it_is_used():
    user = UserFactory()
    with time_machine.travel(datetime(2026, 11, 2, 8, tzinfo=UTC), tick=False) as travel:
        client = Client()
        client.post("/accounts/login/", {"login": user.email, "password": PASSWORD, "remember": "on"})
        for _ in range(3):
            assert client.get(PROFILE).status_code == 200
            travel.shift(timedelta(days=9, hours=23))
        assert client.get(PROFILE).status_code == 200
        travel.shift(timedelta(hours=6))
        assert client.get(PROFILE).status_code == 302
        assert not Session.objects.exists(), "ended on the server, not only here"


def test_being_seen_is_written_once_a_minute():
    user = UserFactory()
    with time_machine.travel(datetime(2026, 11, 23, 8, tzinfo=UTC), tick=False) as travel:
        client = browser(user)
        travel.shift(timedelta(seconds=30))
        client.get(PROFILE)
        assert UserSession.objects.get().last_seen_at == datetime(2026, 11, 23, 8, tzinfo=UTC)
        travel.shift(timedelta(seconds=31))
        client.get(PROFILE, headers={"User-Agent": PHONE})
        row = UserSession.objects.get()
        assert (row.last_seen_at, row.user_agent) == (datetime(2026, 11, 23, 8, 1, 1, tzinfo=UTC), PHONE)


def test_nobody_ends_the_sessions_of_others():
    user, other = UserFactory(), UserFactory(admin=True)
    victim, actor = browser(user), browser(other)
    row = UserSession.objects.get(user=user)
    assert actor.post(f"/settings/sessions/{row.pk}/end").status_code == 404
    assert victim.get(PROFILE).status_code == 200


def test_switching_off_and_changing_rights_count_from_the_next_request_on():
    user, admin = UserFactory(), browser(UserFactory(admin=True))
    client = browser(user)
    assert client.get("/inside/").status_code == 200
    page = admin.get(f"/settings/people/{user.pk}/")
    fields = page.context["form"].initial | {"capabilities": ["visits"], "language": "en", "time_zone": "Europe/Paris"}
    data = {name: value for name, value in fields.items() if value not in (None, "", [])}
    assert admin.post(f"/settings/people/{user.pk}/", data).status_code == 302
    assert (client.get("/inside/").status_code, client.get("/field/").status_code) == (403, 200)
    admin.post(f"/settings/people/{user.pk}/deactivate")
    assert client.get("/field/").headers["Location"].startswith("/accounts/login/")
    admin.post(f"/settings/people/{user.pk}/reactivate")
    assert browser(user).get("/field/").status_code == 200


@pytest.mark.parametrize(
    ("agent", "name", "is_phone"),
    [
        (LAPTOP, "Chrome on Linux", False),
        (PHONE, "Safari on iPhone", True),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0",
            "Edge on Windows",
            False,
        ),
        ("Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox on Android", True),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15",
            "Safari on Mac",
            False,
        ),
        ("curl/8.9.1", "curl", False),
        ("", "Unknown device", False),
    ],
)
def test_devices_have_names(agent, name, is_phone):
    assert devices.name_of(agent) == name
    assert devices.is_phone(agent) is is_phone
