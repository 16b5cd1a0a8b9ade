"""Signing in and out, and what a refusal tells."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.test import Client

from accounts.models import Capability
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
SIGN_IN = "/accounts/login/"


def enter(client: Client, email: str, password: str = PASSWORD, **more: str):
    return client.post(SIGN_IN, {"login": email, "password": password, **more})


@pytest.mark.parametrize(
    ("capabilities", "home"),
    [
        (["calls"], "/inside/"),
        (["visits"], "/field/"),
        (["calls", "visits"], "/inside/"),
        (["manages"], "/managers/"),
        (["calls", "manages"], "/managers/"),
        (["administers"], "/settings/people/"),
        (["approves"], "/settings/"),
        ([], "/settings/"),
    ],
)
def test_it_leads_each_to_their_workspace(capabilities, home, client):
    user = UserFactory(capabilities=capabilities)
    assert enter(client, user.email).headers["Location"] == "/"
    assert client.get("/").headers["Location"] == home
    assert set(capabilities) <= {str(value) for value in Capability}


def test_it_leads_back_to_the_page_that_was_asked_for_and_to_no_other_site(client):
    user = UserFactory()
    assert enter(client, user.email, next="/settings/keys/").headers["Location"] == "/settings/keys/"
    client.logout()
    assert enter(client, user.email, next="https://elsewhere.example/").headers["Location"] == "/"


def test_the_address_may_be_typed_in_any_case(client):
    UserFactory(email="ines@example.com")
    assert enter(client, " Ines@Example.COM ").status_code == 302


def test_a_wrong_password_is_refused_beside_the_field_and_nothing_is_given_away(client, words):
    UserFactory(email="ines@example.com")
    known = enter(client, "ines@example.com", "wrong")
    unknown = enter(client, "nobody@example.com", "wrong")
    assert known.status_code == unknown.status_code == 200
    assert 'id="id_password_error"' in known.content.decode()
    assert words(known).replace("ines@", "") == words(unknown).replace("nobody@", "")
    assert "wrong" not in known.content.decode(), "a password never comes back"


def test_an_invited_person_without_a_password_is_refused_alike(client, words):
    user = UserFactory()
    user.set_unusable_password()
    user.save()
    assert "do not belong together" in words(enter(client, user.email, "anything"))


def test_the_last_tries_are_counted_out_and_then_the_door_is_shut_for_a_while(client, words):
    UserFactory(email="ines@example.com")
    for email in ("ines@example.com", "nobody@example.com"):
        said = [words(enter(client, email, "wrong")) for _ in range(10)]
        assert "left" not in said[4]
        assert "4 tries left." in said[5]
        assert "1 try left." in said[8]
        assert "That was the last try for now." in said[9]
        shut = enter(client, email, PASSWORD)
        assert shut.status_code == 429
        assert 0 < int(shut.headers["Retry-After"]) <= 900
        assert "Too many tries. Try again in 15 minutes." in words(shut)
    assert enter(client, UserFactory().email).status_code == 302, "others still get in from this address"


def test_flushing_redis_opens_no_door(client):
    UserFactory(email="ines@example.com")
    for _ in range(10):
        enter(client, "ines@example.com", "wrong")
    caches["fast"].clear()
    assert enter(client, "ines@example.com", PASSWORD).status_code == 429


def test_right_passwords_use_up_no_tries(client):
    user = UserFactory()
    for _ in range(12):
        assert enter(Client(), user.email).status_code == 302


def test_an_address_has_a_hundred_wrong_tries(client, monkeypatch):
    for number in range(100):
        assert enter(client, f"somebody{number}@example.com", "wrong").status_code == 200
    assert enter(client, UserFactory().email).status_code == 429


def test_someone_switched_off_is_told_so_only_with_the_right_password(client, words):
    user = UserFactory(is_active=False)
    assert "do not belong together" in words(enter(client, user.email, "wrong"))
    answer = enter(client, user.email)
    assert answer.status_code == 403
    assert "switched off" in words(answer)
    assert client.get("/settings/profile/").status_code == 302


def test_the_session_gets_a_new_id_and_lasts_as_long_as_was_asked(client):
    user = UserFactory()
    client.get(SIGN_IN)
    before = client.session.session_key
    enter(client, user.email)
    assert client.session.session_key != before
    assert client.session.get_expire_at_browser_close()

    stays = Client()
    enter(stays, user.email, remember="on")
    assert stays.session.get_expiry_age() == 14 * 24 * 3600


def test_signing_out_ends_the_session_on_the_server(client):
    enter(client, UserFactory().email)
    stolen = client.cookies["sessionid"].value
    assert client.get("/accounts/logout/").status_code == 200, "asking changes nothing"
    assert client.get("/settings/profile/").status_code == 200
    client.post("/accounts/logout/")
    thief = Client()
    thief.cookies["sessionid"] = stolen
    assert thief.get("/settings/profile/").status_code == 302


def test_a_partial_request_without_a_session_gets_the_whole_sign_in_page(client):
    answer = client.get(
        "/settings/people/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/people/?q=a"}
    )
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=%2Fsettings%2Fpeople%2F%3Fq%3Da"


@pytest.mark.parametrize(
    "path", ["/accounts/signup/", "/accounts/email/", "/accounts/confirm-email/", "/accounts/3rdparty/"]
)
def test_allauths_other_doors_are_not_there(path, client, visit):
    assert client.get(path).status_code == 404
    assert visit(UserFactory(admin=True)).get(path).status_code == 404


def test_django_s_own_sign_in_is_not_a_way_in(client, visit):
    admin = UserFactory(admin=True)
    assert client.get("/admin/login/").headers["Location"].startswith(SIGN_IN)
    refused = client.post("/admin/login/", {"username": admin.email, "password": PASSWORD})
    assert refused.headers["Location"].startswith(SIGN_IN)
    assert client.get("/settings/profile/").status_code == 302
    assert visit(UserFactory()).get("/admin/", follow=True).status_code == 403
    assert visit(admin).get("/admin/").status_code == 200
