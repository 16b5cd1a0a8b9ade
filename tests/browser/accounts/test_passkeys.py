"""Passkeys and the app with codes in a real browser, with a device that Chromium pretends to have."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def code_now(secret: str) -> str:
    """The app's code, with at least 12 of its 30 seconds left."""
    if (left := 30 - time.time() % 30) < 12:
        time.sleep(left)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def give_device(page) -> None:
    """A platform authenticator that keeps keys, checks its holder and always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in(page, user) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def confirm(page) -> None:
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def add_passkey(page, name: str, *, alone: bool) -> None:
    page.goto("/accounts/2fa/webauthn/add/")
    if "reauthenticate" in page.url:
        confirm(page)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Sign in with it alone").set_checked(alone)
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url("**/recovery-codes/")


def sign_out(page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/accounts/login/")


def test_a_passkey_opens_alone(open_page):
    user = UserFactory()
    page = open_page()
    give_device(page)
    sign_in(page, user)
    page.wait_for_url("**/inside/")
    add_passkey(page, "My laptop", alone=True)
    assert page.locator(".codes li").count() == 10, "recovery codes come with the first"
    assert page.get_by_role("link", name="Download").is_visible()
    sign_out(page)

    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/inside/")

    page.goto("/accounts/2fa/")
    assert page.get_by_text("My laptop").is_visible()
    page.get_by_role("link", name="Rename My laptop").click()
    if "reauthenticate" in page.url:
        confirm(page)
    page.get_by_label("Name").fill("Old laptop")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove Old laptop").click()
    page.get_by_role("button", name="Remove").click()
    page.wait_for_url("**/accounts/2fa/**")
    assert not Authenticator.objects.filter(user=user).exists()


def test_a_passkey_as_the_second_step(open_page):
    user = UserFactory()
    page = open_page()
    give_device(page)
    sign_in(page, user)
    page.wait_for_url("**/inside/")
    add_passkey(page, "Key on my ring", alone=False)
    sign_out(page)
    sign_in(page, user)
    page.wait_for_url("**/2fa/authenticate/")
    page.get_by_role("button", name="Use a passkey instead").click()
    page.wait_for_url("**/inside/")


def test_a_device_without_the_key_leaves_the_other_ways_open(open_page):
    user = UserFactory()
    page = open_page()
    give_device(page)
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("The passkey gave no answer.").wait_for()
    sign_in(page, user)
    page.wait_for_url("**/inside/")


def test_without_scripts_the_password_still_opens_and_no_passkey_is_offered(open_page):
    user = UserFactory()
    page = open_page(scripts=False)
    sign_in(page, user)
    page.wait_for_url("**/inside/")
    sign_out(page)
    assert not page.get_by_role("button", name="Sign in with a passkey").is_visible()


def test_the_app_with_codes_from_the_square_to_the_desk(open_page):
    user = UserFactory()
    page = open_page()
    sign_in(page, user)
    page.wait_for_url("**/inside/")
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Set it up").click()
    confirm(page)
    square = page.get_by_role("img", name="Square code that holds the secret")
    assert square.evaluate("image => image.complete && image.naturalWidth > 100"), "the policy lets it be drawn"
    page.get_by_text("Type this instead").click()
    secret = page.get_by_label("Secret").input_value()
    page.get_by_label("Code from the app").fill(code_now(secret))
    page.get_by_role("button", name="Switch it on").click()
    page.wait_for_url("**/recovery-codes/")
    recovery = page.locator(".codes li").first.text_content()

    sign_out(page)
    sign_in(page, user)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("does not fit").wait_for()
    assert page.get_by_label("Code").evaluate("field => field === document.activeElement"), (
        "the cursor is where it is needed"
    )
    page.get_by_label("Code").fill(recovery)
    page.keyboard.press("Enter")
    page.wait_for_url("**/inside/")
