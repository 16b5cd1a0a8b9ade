"""API keys: the secret once, scopes out of one's own rights, revoked at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from accounts.models import ApiKey
from accounts.services import keys
from crm.core import clock
from tests.factories.accounts import PASSWORD, UserFactory, make_key

pytestmark = pytest.mark.django_db
LIST = "/settings/keys/"


@pytest.fixture
def visit(visit):
    """Whoever makes a key has said the password again a moment ago."""

    def new(user):
        client = visit(user)
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        return client

    return new


def make(client, **changes: object):
    return client.post(
        f"{LIST}new", {"name": "Telephone", "scopes": ["me:read", "users:read"], "lives": "90", **changes}
    )


def test_the_secret_is_shown_once_and_kept_as_a_digest(visit):
    user = UserFactory()
    client = visit(user)
    page = make(client).content.decode()
    secret = re.search(r'id="secret" value="(tdm_[\w-]{43})"', page)[1]
    key = ApiKey.objects.get()
    assert key.digest == keys.digest(secret)
    assert key.owner == user
    assert key.scopes == ["me:read", "users:read"]
    assert abs(key.expires_at - clock.now() - timedelta(days=90)) < timedelta(minutes=1)
    assert keys.find_key(secret) == key
    again = client.get(LIST).content.decode()
    assert secret not in again
    assert key.prefix in again


def test_one_may_last_for_good(visit):
    make(visit(UserFactory()), lives="0")
    assert ApiKey.objects.get().expires_at is None


def test_scopes_are_offered_out_of_one_s_own_rights_by_name(visit, words):
    page = visit(UserFactory()).get(f"{LIST}new")
    offered = set(re.findall(r'name="scopes" value="([^"]+)"', page.content.decode()))
    assert offered == set(keys.scopes_of(UserFactory()))
    assert "users:write" not in offered
    assert "Your own profile see change" in words(page)
    admin = visit(UserFactory(admin=True)).get(f"{LIST}new").content.decode()
    assert 'value="users:write"' in admin


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["users:write"]}, "scopes"),
        ({"scopes": ["nonsense:read"]}, "scopes"),
        ({"lives": "7000"}, "lives"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(changes, field, visit):
    answer = make(visit(UserFactory()), **changes)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not ApiKey.objects.exists()


def test_revoking_works_at_once(visit, words):
    user = UserFactory()
    key, secret = make_key(user)
    client = visit(user)
    assert client.get(f"{LIST}{key.pk}/revoke").status_code == 405
    client.post(f"{LIST}{key.pk}/revoke")
    assert keys.find_key(secret) is None
    assert "revoked" in words(client.get(LIST))


def test_others_keys_do_not_exist_but_for_administrators(visit, words):
    user, admin = UserFactory(name="Inès"), UserFactory(admin=True)
    key, _secret = make_key(user)
    client = visit(UserFactory())
    assert key.name not in words(client.get(LIST, {"all": ""}))
    assert client.post(f"{LIST}{key.pk}/revoke").status_code == 404
    assert "Inès" not in words(visit(admin).get(LIST))
    assert "Inès" in words(visit(admin).get(LIST, {"all": ""}))
    assert visit(admin).post(f"{LIST}{key.pk}/revoke").status_code == 302
    assert ApiKey.objects.get(pk=key.pk).revoked_at
