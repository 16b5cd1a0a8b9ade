"""The mail that lets an invited person choose a password."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.models import User


def link(user: User) -> str:
    """The address, good for a day and for one use, where ``user`` chooses a password."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    # allauth's own way of building it: the pattern cannot be reversed with a dash inside the token.
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"}).replace("UID-KEY", key)
    return f"{settings.SITE_URL.rstrip('/')}{path}"


def send(user: User, *, invited_by: User | None) -> None:
    """Store the invitation mail, in the invited person's language, with the transaction that invites."""
    with translation.override(user.language):
        facts = {
            "user": user,
            "invited_by": invited_by,
            "link": link(user),
            "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
        }
        subject = render_to_string("accounts/mail/invitation_subject.txt", facts).strip()
        message = EmailMultiAlternatives(
            subject, render_to_string("accounts/mail/invitation.txt", facts), to=[user.email]
        )
        message.attach_alternative(render_to_string("accounts/mail/invitation.html", facts), "text/html")
        message.send()
