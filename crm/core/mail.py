"""Outgoing mail: a row in the transaction of its cause, delivered by a sweep.

No request waits on SMTP, nothing is lost when it is away, and a person who asks for a password cannot be told apart
by time from one who does not exist.
"""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.utils import DNS_NAME
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string
from typing_extensions import override

from crm.core import clock, sweeps, work
from crm.core.models import OutgoingMail

SEND_MAIL = "core.send_mail"
# After this many tries a mail stands in the fix list instead of being tried for ever.
MOST_ATTEMPTS = 12


class OutgoingMailBackend(BaseEmailBackend):
    """Django's door for mail (allauth, the error mails, our own): stores, rings the bell, returns."""

    @override
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            store(message)
        return len(email_messages)


def store(message: EmailMessage) -> OutgoingMail | None:
    """Keep ``message`` for delivery after commit. None when it has no recipient."""
    recipients = message.recipients()
    return _keep(message, recipients=recipients) if recipients else None


def store_for_nobody(message: EmailMessage) -> OutgoingMail:
    """Do all the work of ``store`` for a mail that may not go out, so that whoever asked for it cannot tell by the time.

    The row is done already and addressed to nobody: no sweep finds it.
    """
    return _keep(message, recipients=[], state=OutgoingMail.State.SENT, sent_at=clock.now())


def _keep(message: EmailMessage, **fields: Any) -> OutgoingMail:
    message_id = message.extra_headers.setdefault("Message-ID", make_msgid(domain=DNS_NAME))
    message.extra_headers.setdefault("Auto-Submitted", "auto-generated")
    content = message.message().as_bytes()
    row = OutgoingMail.objects.create(
        message_id=message_id,
        sender=message.from_email,
        subject=message.subject[:500],
        content=b"" if "sent_at" in fields else content,
        **fields,
    )
    work.enqueue(SEND_MAIL, row.pk)
    return row


class SendMail(sweeps.LeasedSweep):
    """Hands waiting mails to the delivery backend; a failing one backs off from 30 seconds to 4 hours."""

    name = SEND_MAIL
    model = OutgoingMail
    every = timedelta(seconds=5)

    @override
    def due(self, now: datetime) -> QuerySet[OutgoingMail]:
        free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
        return OutgoingMail.objects.filter(free, state=OutgoingMail.State.WAITING, due_at__lte=now)

    @override
    def act(self, row: OutgoingMail) -> None:
        deliver(row)

    @override
    def mark(self, row: OutgoingMail) -> bool:
        claimed = OutgoingMail.objects.filter(pk=row.pk, attempt=row.attempt, state=OutgoingMail.State.WAITING)
        now = clock.now()
        return bool(claimed.update(state=OutgoingMail.State.SENT, sent_at=now, updated_at=now, content=b""))

    @override
    def put_off(self, row: OutgoingMail, error: Exception) -> None:
        give_up = row.attempt >= MOST_ATTEMPTS or isinstance(error, smtplib.SMTPRecipientsRefused)
        row.state = OutgoingMail.State.FAILED if give_up else OutgoingMail.State.WAITING
        row.due_at = clock.now() + min(timedelta(seconds=30) * 2 ** min(row.attempt, 10), timedelta(hours=4))
        row.claimed_until = None
        row.last_error = f"{type(error).__name__}: {error}"[:500]
        row.save(update_fields=["state", "due_at", "claimed_until", "last_error"])


sweeps.register(SendMail)


@work.job(SEND_MAIL)
def send_mail(mail_id: str) -> None:
    """One mail by id, now, if it is still waiting: the bell's way to what the sweep would find."""
    sweeps.get_sweep(SEND_MAIL).run_by_key(mail_id)


def deliver(row: OutgoingMail) -> None:
    """Give the stored bytes to the backend of ``settings.MAIL_DELIVERY``. Raises what it raises."""
    connection = get_connection(**_connection_arguments())
    sent = connection.send_messages([_Stored(row)])
    if not sent:
        raise OSError("The delivery backend took no message.")


def _connection_arguments() -> dict[str, Any]:
    delivery = settings.MAIL_DELIVERY
    backend = delivery["EMAIL_BACKEND"]
    if issubclass(import_string(backend), EmlFolderBackend):
        return {"backend": backend, "folder": delivery["EMAIL_FILE_PATH"]}
    if not backend.endswith("smtp.EmailBackend"):
        return {"backend": backend}
    return {
        "backend": backend,
        "host": delivery["EMAIL_HOST"],
        "port": delivery["EMAIL_PORT"] or 25,
        "username": delivery["EMAIL_HOST_USER"] or "",
        "password": delivery["EMAIL_HOST_PASSWORD"] or "",
        "use_tls": delivery.get("EMAIL_USE_TLS", False),
        "use_ssl": delivery.get("EMAIL_USE_SSL", False),
        "timeout": 15,
    }


class _Stored(EmailMessage):
    """A stored mail in the shape that Django's backends expect; the bytes go out exactly as they were stored."""

    def __init__(self, row: OutgoingMail) -> None:
        super().__init__(subject=row.subject, from_email=row.sender, to=row.recipients)
        self._bytes = bytes(row.content)
        self.stored_id = row.message_id

    @override
    def message(self, *, policy: Any = policy.SMTP) -> ParsedMessage:
        return message_from_bytes(self._bytes, policy=policy)


class EmlFolderBackend(BaseEmailBackend):
    """Delivery without a mail server: one ``.eml`` file per mail, which any mail program opens."""

    def __init__(self, folder: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.folder = Path(folder)

    @override
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            # Named by Message-ID: delivering again after a kill overwrites instead of doubling.
            name = "".join(
                char if char.isalnum() or char in "-_." else "_" for char in getattr(message, "stored_id", "")
            )
            stamp = clock.now().strftime("%Y%m%d")
            (self.folder / f"{stamp}-{name.strip('_')}.eml").write_bytes(message.message().as_bytes())
        return len(email_messages)
