"""The app with codes and the recovery codes: setting up, signing in, each code once. Passkeys: tests/browser/accounts."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from accounts.models import ApiKey
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_now(secret: str = SECRET) -> str:
    """The app's code, with at least 5 of its 30 seconds left."""
    if (left := 30 - time.time() % 30) < 5:
        time.sleep(left)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def guarded():
    """Somebody with an app and recovery codes."""
    user = UserFactory()
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def recovery_codes(user) -> list[str]:
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


def first_step(user) -> Client:
    client = Client()
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/settings/profile/").status_code == 302, "the password alone opens nothing"
    return client


def second_step(client: Client, code: str):
    return client.post("/accounts/2fa/authenticate/", {"code": code})


def test_the_code_of_the_app_opens(guarded):
    client = first_step(guarded)
    assert second_step(client, code_now()).headers["Location"] == "/"
    assert client.get("/settings/profile/").status_code == 200


def test_a_wrong_code_is_refused_beside_the_field(guarded, words):
    answer = second_step(first_step(guarded), "000000")
    assert "does not fit" in words(answer)
    assert answer.context["form"].errors["code"]


def test_a_code_of_the_app_works_once(guarded):
    code = code_now()
    assert second_step(first_step(guarded), code).status_code == 302
    assert second_step(first_step(guarded), code).status_code == 200


def test_a_recovery_code_works_once(guarded):
    first, second, *_rest = recovery_codes(guarded)
    assert second_step(first_step(guarded), first).status_code == 302
    assert second_step(first_step(guarded), first).status_code == 200
    assert second_step(first_step(guarded), f"{second[:4]} {second[4:]}").status_code == 302, "as it is printed"
    assert first not in recovery_codes(guarded)


def test_guessing_codes_is_slow(guarded, words):
    client = first_step(guarded)
    for _ in range(10):
        second_step(client, "000000")
    assert "Too many tries" in words(second_step(client, code_now()))


def test_giving_up_the_second_step_leads_back(guarded):
    client = first_step(guarded)
    client.post("/accounts/logout/", {"next": "/accounts/login/"})
    assert client.get("/accounts/2fa/authenticate/").headers["Location"].startswith("/accounts/login/")


def confirmed(user) -> Client:
    """Signed in by password a moment ago, and confirmed once more."""
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.mark.django_db(transaction=True)  # its owner is told after commit
def test_setting_up_the_app_gives_recovery_codes_and_tells_the_owner(mails, words):
    user = UserFactory()
    client = confirmed(user)
    page = client.get("/accounts/2fa/totp/activate/")
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    secret = re.search(r'id="secret" value="(\w+)"', page.content.decode())[1]

    refused = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert "does not fit" in words(refused)
    assert secret in refused.content.decode(), "the square stays the same after a slip"

    arrived = client.post("/accounts/2fa/totp/activate/", {"code": code_now(secret)}, follow=True)
    assert arrived.request["PATH_INFO"] == "/accounts/2fa/recovery-codes/"
    shown = [code.replace(" ", "") for code in re.findall(r"<li>(\d{4} \d{4})</li>", arrived.content.decode())]
    assert shown == recovery_codes(user)
    assert [mail[0] for mail in mails()] == [[user.email]]
    assert second_step(first_step(user), shown[0]).status_code == 302


def test_recovery_codes_can_be_kept_and_made_anew(words):
    user = UserFactory()
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    old = recovery_codes(user)
    client = first_step(user)
    second_step(client, old[0])
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    file = client.get("/accounts/2fa/recovery-codes/download/")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert set(old[1:]) <= set(file.content.decode().split())
    client.post("/accounts/2fa/recovery-codes/generate/")
    assert not set(old) & set(recovery_codes(user))
    assert "10 codes left" in words(client.get("/accounts/2fa/"))


def test_what_guards_the_account_asks_again_who_it_is(words):
    user = UserFactory()
    client = Client()
    client.force_login(user)
    answer = client.get("/accounts/2fa/totp/activate/")
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next=")
    refused = client.post(answer.headers["Location"], {"password": "wrong"})
    assert "This is not your password." in words(refused)
    passed = client.post(answer.headers["Location"], {"password": PASSWORD}, follow=True)
    assert passed.request["PATH_INFO"] == "/accounts/2fa/totp/activate/"


def test_secrets_are_sealed_and_a_lost_key_lets_nobody_in(settings):
    user = UserFactory()
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    codes = recovery_codes(user)
    stored = str(list(Authenticator.objects.filter(user=user).values_list("data", flat=True)))
    assert SECRET not in stored
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one, made after a leak, long enough to be one"
    assert recovery_codes(user) == codes
    settings.SECRET_KEY_FALLBACKS = []
    assert "does not fit" in str(second_step(first_step(user), code_now()).content)
    assert not set(recovery_codes(user)) & set(codes)


def test_a_key_that_outlives_the_session_asks_again_who_it_is():
    user = UserFactory()
    client = Client()
    client.force_login(user)
    for answer in (client.get("/settings/keys/new"), client.post("/settings/keys/new", {"name": "Telephone"})):
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next=")
    assert not ApiKey.objects.exists()
    assert confirmed(user).get("/settings/keys/new").status_code == 200


def test_switching_the_app_off_takes_the_recovery_codes_along(mails):
    user = UserFactory()
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    client = first_step(user)
    second_step(client, code_now())
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=user).exists()
    assert Client().post("/accounts/login/", {"login": user.email, "password": PASSWORD}).headers["Location"] == "/"
    assert len(mails()) == 1


def test_whoever_must_have_one_goes_nowhere_else_first(settings):
    settings.SECOND_FACTOR_REQUIRED = frozenset({"administers"})
    admin, rep = UserFactory(admin=True), UserFactory()
    client = Client()
    client.force_login(admin)
    assert client.get("/settings/people/").headers["Location"] == "/accounts/2fa/"
    assert client.get("/accounts/2fa/").status_code == 200
    client.force_login(rep)
    assert client.get("/settings/people/").status_code == 200
    TOTP.activate(admin, SECRET)
    client.force_login(admin)
    assert client.get("/settings/people/").status_code == 200


def test_a_mailed_link_does_not_pass_the_second_step(guarded, mails, client):
    client.post("/accounts/password/reset/", {"email": guarded.email})
    link = re.search(r"http://localhost:\d+(/accounts/\S+)", mails()[0][2])[1]
    page = client.get(link, follow=True)
    words = "four words in a row"
    answer = client.post(page.request["PATH_INFO"], {"password1": words, "password2": words})
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/settings/profile/").status_code == 302
    assert second_step(client, code_now()).status_code == 302
    assert client.get("/settings/profile/").status_code == 200


def test_a_passkey_is_offered_only_to_who_has_one(guarded, words):
    text = words(first_step(guarded).get("/accounts/2fa/authenticate/"))
    assert "six digits" in text
    assert "passkey" not in text


def test_a_new_passkey_has_a_name_to_begin_with():
    user = UserFactory()
    page = confirmed(user).get("/accounts/2fa/webauthn/add/").content.decode()
    assert 'name="name" value="Passkey"' in page
