"""Mail to the lead address. Stored first, then read; whatever it holds, it ends in a state with a reason.

Nothing is ever answered from here, so two robots cannot ring (P39). A mail is one row per mailbox and Message-ID, and
what is made of it is written in the transaction that marks the row as read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import compat32
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from imap_tools import AND, BaseMailBox, ImapToolsError, MailBox, MailBoxUnencrypted, UidRange
from typing_extensions import override

from accounts.models import User
from crm.core import clock, formats, heartbeats, work
from crm.core.errors import Refusal
from crm.core.sweeps import Outcome, Sweep, register
from leads import normal
from leads.intake.lines import Found, read_lines
from leads.intake.mails import Mail, message_id_of, read_mail
from leads.models import Contact, IncomingMail, Lead, Mailbox
from leads.services.intake import receive_enquiry
from leads.services.leads import change_lead

log = structlog.get_logger(__name__)

READ = "leads.read_mail"
TIMEOUT_SECONDS = 20
AT_ONCE = 100
# Text comes first in a mail, files after it: they are named where they are seen, and not kept.
LARGEST = 2 * 1024 * 1024
LONGEST_NOTES = 50_000
SIGNATURE_LINES = 10
State = IncomingMail.State


# --- Fetching --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """Where mail is fetched: ``imaps://user:password@host:993/Folder?address=leads@firm.example``."""

    host: str
    port: int
    is_encrypted: bool
    user: str
    password: str
    folder: str
    address: str

    @classmethod
    def parse(cls, url: str) -> Source:
        """Raises ``ImproperlyConfigured`` for what is no such address; the password is not in the message."""
        parts = urlsplit(url)
        if parts.scheme not in {"imap", "imaps"} or not parts.hostname or not parts.username:
            raise ImproperlyConfigured("INBOUND_EMAIL_URL is imap(s)://user:password@host/folder?address=…")
        user = unquote(parts.username)
        address = parse_qs(parts.query).get("address", [user])[0]
        encrypted = parts.scheme == "imaps"
        return cls(
            host=parts.hostname,
            port=parts.port or (993 if encrypted else 143),
            is_encrypted=encrypted,
            user=user,
            password=unquote(parts.password or ""),
            folder=unquote(parts.path.strip("/")) or "INBOX",
            address=normal.email_key(address)[:254],
        )


@contextmanager
def opened(source: Source) -> Iterator[BaseMailBox]:
    """The folder, open for reading; nothing is marked as seen."""
    kind = MailBox if source.is_encrypted else MailBoxUnencrypted
    with kind(source.host, source.port, timeout=TIMEOUT_SECONDS).login(source.user, source.password, None) as mailbox:
        mailbox.folder.set(source.folder, readonly=True)
        yield mailbox


def fetch_mail(source: Source) -> int:
    """Store what arrived since the last time; returns how many rows are new.

    A mail that was fetched before is the same row, whatever the server did to its numbers.
    """
    place, _made = Mailbox.objects.get_or_create(address=source.address)
    new = 0
    with opened(source) as mailbox:
        validity = int(mailbox.folder.status(source.folder, ["UIDVALIDITY"])["UIDVALIDITY"])
        after = place.last_uid if place.uid_validity == validity else 0
        uids = sorted(int(uid) for uid in mailbox.uids(AND(uid=UidRange(str(after + 1), "*"))))
        for uid in [uid for uid in uids if uid > after][:AT_ONCE]:  # "n:*" names the last one even below n
            raw = _content(mailbox, uid)
            with transaction.atomic():
                new += store_mail(source.address, raw) if raw is not None else 0
                Mailbox.objects.filter(pk=place.pk).update(uid_validity=validity, last_uid=uid)
    Mailbox.objects.filter(pk=place.pk).update(read_at=clock.now())
    return new


def _content(mailbox: BaseMailBox, uid: int) -> bytes | None:
    """The beginning of a mail, long enough for its text; None where it went meanwhile."""
    _status, answer = mailbox.client.uid("fetch", str(uid), f"(BODY.PEEK[]<0.{LARGEST}>)")
    return next((item[1] for item in answer if isinstance(item, tuple) and isinstance(item[1], bytes)), None)


def store_mail(address: str, raw: bytes) -> int:
    """Keep a mail to be read; 1 when it is new, 0 when it was delivered before."""
    identifier = message_id_of(message_from_bytes(raw, policy=compat32), raw)
    row = IncomingMail(mailbox=address, message_id=identifier, content=raw)
    IncomingMail.objects.bulk_create([row], ignore_conflicts=True)
    if not IncomingMail.objects.filter(pk=row.pk).exists():
        return 0
    work.enqueue(READ, row.pk)
    return 1


@register
class FetchMail(Sweep):
    """Looks into the lead mailbox, when one is set."""

    name = "leads.fetch_mail"
    model = IncomingMail
    every = timedelta(minutes=1)
    late_after = timedelta(minutes=15)

    @override
    def due(self, now: datetime) -> QuerySet[IncomingMail]:
        return IncomingMail.objects.none()

    @override
    def run(self) -> Outcome:
        if not settings.INBOUND_EMAIL_URL:
            heartbeats.beat(self.name)
            return Outcome()
        try:
            done = fetch_mail(Source.parse(settings.INBOUND_EMAIL_URL))
        except (ImapToolsError, OSError, ImproperlyConfigured) as error:
            # The server is away or refuses: said in the sweep's row, tried again in a minute, nothing is lost.
            log.warning("mailbox_away", error=type(error).__name__)
            heartbeats.beat(self.name, failed=1, error=f"{type(error).__name__}: {error}")
            return Outcome(failed=1)
        heartbeats.beat(self.name, done=done)
        return Outcome(done=done)

    @override
    def run_one(self, row: Any) -> None:
        raise NotImplementedError("The mailbox is fetched as a whole.")


# --- Reading ---------------------------------------------------------------------------------------------------------


@register
class ReadMail(Sweep):
    """Makes of each stored mail what it is: a lead, an addition to one, or nothing with a reason."""

    name = READ
    model = IncomingMail

    @override
    def due(self, now: datetime) -> QuerySet[IncomingMail]:
        return IncomingMail.objects.filter(state=State.WAITING, due_at__lte=now)

    @override
    def run_one(self, row: IncomingMail) -> None:
        mail = read_mail(bytes(row.content))
        row.sender, row.subject = mail.sender[:320], mail.subject
        row.state, row.remark, row.lead = _outcome(row, mail)
        row.remark = row.remark[:300]
        row.save_version(fields=["sender", "subject", "state", "remark", "lead"])

    @override
    def put_off(self, row: IncomingMail, error: Exception) -> None:
        """Try again in a quarter of an hour; after a day it stands in the list as not readable."""
        too_old = clock.now() - row.received_at > timedelta(days=1)
        row.state = State.FAILED if too_old else State.WAITING
        row.due_at, row.remark = clock.now() + timedelta(minutes=15), f"{type(error).__name__}: {error}"[:300]
        row.save_version(fields=["state", "due_at", "remark"])


@work.job(READ)
def read_stored_mail(mail_id: str) -> None:
    ReadMail().run_by_key(mail_id)


Decision = tuple[str, str, Lead | None]


def _outcome(row: IncomingMail, mail: Mail) -> Decision:
    if mail.machine:
        return State.IGNORED, f"Sent by a machine ({mail.machine}).", None
    if not mail.sender:
        return State.FAILED, "It names no sender.", None
    if normal.email_key(mail.sender) == row.mailbox:
        return State.IGNORED, "Sent from this mailbox itself.", None
    if User.objects.filter(email__iexact=mail.sender).exists():
        return State.IGNORED, "Sent by a colleague.", None
    known = _open_lead(mail)
    if known is not None:
        return _add(known, row, mail)
    return _receive(row, mail)


def _open_lead(mail: Mail) -> Lead | None:
    """The newest lead that is still worked on of whoever writes."""
    contacts = Contact.objects.standing().filter(emails__key=normal.email_key(mail.sender))
    return Lead.objects.open().filter(contact__in=contacts.values("pk")).order_by("-arrived_at", "-pk").first()


def _add(lead: Lead, row: IncomingMail, mail: Mail) -> Decision:
    heading = f"{formats.day(row.received_at.date(), 'full')}: {mail.subject}".strip(": ")
    notes = f"{lead.notes}\n\n{heading}\n{_enquiry(mail, with_subject=False)}".strip()
    change_lead(actor=None, lead_id=lead.pk, changes={"notes": notes[-LONGEST_NOTES:]})
    return State.ADDED, "", lead


def _receive(row: IncomingMail, mail: Mail) -> Decision:
    """A new lead; where something of the signature does not fit, of the sender alone."""
    base: dict[str, Any] = {
        "channel": Lead.Channel.EMAIL,
        "email": mail.sender,
        "notes": _enquiry(mail),
        "arrived_at": min(row.received_at, clock.now()),
    }
    remark = ""
    for said in (_signed(mail), _named(mail), {}):
        try:
            with transaction.atomic():
                return State.LEAD, remark, receive_enquiry(actor=None, **base, **said)
        except Refusal as refusal:
            remark = f"{refusal.field or ''}: {refusal.detail}".strip(": ")
    return State.FAILED, remark, None


def _enquiry(mail: Mail, *, with_subject: bool = True) -> str:
    """What a rep reads: subject, text, which files came with it."""
    files = _("Attached: %(files)s") % {"files": ", ".join(mail.files)} if mail.files else ""
    parts = [mail.subject if with_subject else "", mail.text, files]
    return "\n\n".join(filter(None, parts))[:LONGEST_NOTES]


def _named(mail: Mail) -> dict[str, Any]:
    """First and last name as the mail program knows them, else as the address has them."""
    found = read_lines(mail.sender_name) if "@" not in mail.sender_name else Found()
    if not found.name:
        found = read_lines(mail.sender)
    return {"first_name": found.first_name[:100], "last_name": (found.last_name or found.company_name)[:100]}


def _signed(mail: Mail) -> dict[str, Any]:
    """What the signature adds to the sender's name. Empty values are left out by the intake."""
    lines = mail.text.splitlines()
    marks = [place for place, line in enumerate(lines) if line.strip() in {"--", "---", "__"}]
    tail = lines[marks[-1] + 1 :] if marks else lines[-SIGNATURE_LINES:]
    found = read_lines("\n".join(tail[:SIGNATURE_LINES]))
    signed: dict[str, Any] = {"phones": found.phones[:3]}
    if marks or found.phones:  # without either, the last lines are as likely the enquiry itself
        signed |= {
            "job_title": found.job_title[:160],
            "company_name": found.company_name[:200] if marks else "",
            "street": found.street[:300],
            "postal_code": found.postal_code[:20],
            "city": found.city[:120],
            "country": found.country,
        }
    return _named(mail) | signed
