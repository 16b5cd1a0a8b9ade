"""The mail that lets somebody choose a new password; and the same work for an address that nobody has.

Known and unknown addresses may not be told apart (P34), by text or by time. So an unknown one is treated as a stranger's:
a token is computed, the mail is written in full and a row is stored, which is addressed to nobody and done already.
"""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from accounts.invitations import link
from accounts.models import User
from crm.core import mail


def send(email: str, *, user: User | None) -> None:
    """Store the mail for ``user``, in their language; with None nobody gets one."""
    message = write(user or User(email=email, name=email, language=translation.get_language() or "en"))
    if user is not None:
        message.send()
    else:
        mail.store_for_nobody(message)


def write(user: User) -> EmailMultiAlternatives:
    """The whole mail, with a link that works once and for ``PASSWORD_RESET_TIMEOUT``."""
    facts = {"user": user, "link": link(user), "hours": settings.PASSWORD_RESET_TIMEOUT // 3600}
    with translation.override(user.language):
        subject = " ".join(render_to_string("accounts/mail/password_subject.txt", facts).split())
        message = EmailMultiAlternatives(
            subject, render_to_string("accounts/mail/password.txt", facts), to=[user.email]
        )
        message.attach_alternative(render_to_string("accounts/mail/password.html", facts), "text/html")
    return message
