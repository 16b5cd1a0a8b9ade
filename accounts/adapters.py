"""Where allauth asks us."""

from __future__ import annotations

import logging
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from typing_extensions import override

from accounts.models import User
from crm.core import sealing

logger = logging.getLogger(__name__)
SECOND_FACTOR = "accounts.second_factor"

if settings.OIDC_ISSUER:
    from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
else:
    DefaultSocialAccountAdapter = object


class AccountAdapter(DefaultAccountAdapter):
    """People are invited; nobody signs up. Mail goes out through rows."""

    @override
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    @override
    def clean_email(self, email: str) -> str:
        return User.normalize_email(super().clean_email(email))

    @override
    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Said where it was asked: a page of its own would be one more door without a sign-in."""
        return render(request, "account/account_inactive.html", status=403)

    @override
    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    @override
    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell somebody what changed on their account: in their language and zone, at their present address."""
        with translation.override(user.language), timezone.override(ZoneInfo(user.time_zone)):
            super().send_notification_mail(template_prefix, user, {"user": user, **(context or {})}, user.email)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Names shown by authenticator apps and passkey dialogs; secrets are sealed before they are stored."""

    @override
    def encrypt(self, text: str) -> str:
        return sealing.seal(text, SECOND_FACTOR)

    @override
    def decrypt(self, encrypted_text: str) -> str:
        """What no key opens any more becomes a secret that nobody knows, so that no code fits: an empty one would let many in."""
        secret = sealing.unseal(encrypted_text, SECOND_FACTOR)
        if secret is None:
            logger.error("A second factor cannot be opened with this SECRET_KEY; its owner needs a new one.")
        return secret if secret is not None else generate_totp_secret()

    @override
    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": "Tandem"}

    @override
    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey") if number == 1 else _("Passkey %(number)d") % {"number": number}


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """The organisation's own sign-in opens Tandem for people who were invited, by their verified address, and for nobody else."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Connect a first sign-in to the invited person with the same address; refuse strangers and people switched off."""
        if sociallogin.is_existing:
            return
        verified = [address.email for address in sociallogin.email_addresses if address.verified]
        user = User.objects.active().filter(email__in=[User.normalize_email(email) for email in verified]).first()
        if user is None:
            messages.error(request, _("This address was not invited to Tandem. Ask an administrator."))
            raise ImmediateHttpResponse(redirect("account_login"))
        sociallogin.connect(request, user)
