"""Web forms: made in the settings, filled in by people outside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import clock, ids, journal
from crm.core.errors import Invalid
from leads import normal
from leads.models import Consent, Lead, ReferralLink, WebForm
from leads.policies import MANAGE_SALES_SETTINGS
from leads.services import writing
from leads.services.contacts import record_consent
from leads.services.intake import receive_enquiry

FIELDS = (
    "name",
    "title",
    "intro",
    "thanks",
    "fields",
    "required",
    "language",
    "source",
    "campaign",
    "product",
    "consent_text",
    "origins",
    "is_active",
)
# What may be asked, by the intake's flat names; and of these, what says who it is.
ASKABLE = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "company_name",
    "job_title",
    "website",
    "street",
    "postal_code",
    "city",
    "region",
    "country",
    "needs_demo",
    "notes",
)
TELLING = frozenset({"first_name", "last_name", "email", "phone", "company_name"})
MOST_ORIGINS = 20


# --- Settings --------------------------------------------------------------------------------------------------------


def create_web_form(*, actor: User | None, name: str, form_id: UUID | None = None, **fields: Any) -> WebForm:
    """Make a form from ``FIELDS``. A repeat with the same ``form_id`` returns the one made before.

    Raises ``Forbidden``, ``Invalid``.
    """
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        stored = writing.known(WebForm, actor, form_id)
        if stored is not None:
            return stored
        form = WebForm(**({"pk": form_id} if form_id else {}))
        _fill(form, {"name": name, **fields}, actor)
        return writing.insert(form, actor=actor, event="web_form.created", fields=FIELDS)


def change_web_form(
    *, actor: User | None, form_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> WebForm:
    """Change what is named of ``FIELDS``. One that is no longer wanted is ``is_active=False``: its address answers so.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``VersionConflict``.
    """
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        form = writing.locked(WebForm, actor, form_id)
        before = journal.snapshot(form, changes.keys() & set(FIELDS))
        _fill(form, changes, actor)
        writing.store(form, actor=actor, event="web_form.changed", before=before, expected_version=expected_version)
    return form


def _fill(form: WebForm, values: Mapping[str, Any], actor: User | None) -> None:
    writing.fill(form, values, FIELDS, actor)
    if not form.name:
        raise Invalid(_("A form needs a name."), field="name", code="required")
    form.fields = [name for name in ASKABLE if name in form.fields] if _known(form.fields, "fields") else []
    form.required = [name for name in form.fields if name in form.required] if _known(form.required, "required") else []
    if not TELLING & set(form.fields):
        raise Invalid(
            _("Ask for a name, an e-mail address, a phone number or a company."), field="fields", code="required"
        )
    if form.language not in dict(settings.LANGUAGES):
        raise Invalid(_("Tandem does not speak this language."), field="language")
    form.origins = list(dict.fromkeys(_origin(text) for text in form.origins if text.strip()))
    if len(form.origins) > MOST_ORIGINS:
        raise Invalid(_("%(count)d at most.") % {"count": MOST_ORIGINS}, field="origins")
    writing.check(form)


def _known(names: Sequence[str], field: str) -> bool:
    unknown = set(names) - set(ASKABLE)
    if unknown:
        raise Invalid(_("“%(field)s” cannot be asked for.") % {"field": min(unknown)}, field=field)
    return True


def _origin(text: str) -> str:
    """``https://www.firm.example`` of whatever address of that site was given. Raises ``Invalid``."""
    given = text.strip()
    try:
        parts = urlsplit(given if "//" in given else f"https://{given}")
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in {"https", "http"} or not host or not all(char.isalnum() or char in ".-" for char in host):
        raise Invalid(_("“%(text)s” is no address of a web site.") % {"text": given[:80]}, field="origins")
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


# --- Filling in ------------------------------------------------------------------------------------------------------

SALT = "leads.web_form"
OPEN_FOR = timedelta(hours=24)
# Nobody reads and fills in a form faster.
FASTEST = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a form carries unseen: which form, which showing of it, since when, and whose referral link led to it."""

    form: str
    showing: UUID
    age: timedelta
    referral: str = ""

    @property
    def is_rash(self) -> bool:
        return self.age < FASTEST


def new_ticket(form: WebForm, referral: str = "") -> str:
    """``referral`` is the token of the link that a customer passed on; who it is, the answer looks up."""
    said = {"form": form.token, "showing": str(ids.uuid7()), "at": clock.now().timestamp(), "by": referral[:24]}
    return signing.dumps(said, salt=SALT, compress=False)


def read_ticket(form: WebForm, text: str) -> Ticket | None:
    """The ticket that ``new_ticket`` made for this form, unless it is too old or was tampered with."""
    try:
        said = signing.loads(text[:500], salt=SALT)
        age = timedelta(seconds=clock.now().timestamp() - said["at"])
        ticket = Ticket(said["form"], UUID(said["showing"]), age, said["by"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None
    return ticket if ticket.form == form.token and ticket.age <= OPEN_FOR else None


def submit(*, form: WebForm, ticket: Ticket, values: Mapping[str, Any], consents: bool) -> Lead:
    """Make the lead of one showing of a form, in the name of nobody. The same content sent twice makes one.

    Raises ``Invalid`` beside the field.
    """
    lead_id = _lead_id(ticket, values)
    with transaction.atomic():
        writing.lock_keys([f"lead {lead_id}"])
        stored = Lead.objects.filter(pk=lead_id).first()
        if stored is not None:
            return stored
        referral = _referral(ticket)
        lead = receive_enquiry(
            actor=None,
            lead_id=lead_id,
            channel=Lead.Channel.FORM,
            source=form.source or form.name[:80],
            campaign=(referral and referral.campaign) or form.campaign,
            referral=referral,
            product=form.product,
            language=form.language,
            **values,
        )
        if consents and form.consent_text and lead.contact_id:
            _record_consents(lead.contact_id, form, values)
    return lead


def _referral(ticket: Ticket) -> ReferralLink | None:
    """The open link that led here. An enquiry by one that is closed or unknown is an enquiry all the same."""
    if not ticket.referral:
        return None
    links = ReferralLink.objects.select_related("campaign")
    return links.filter(token=ticket.referral, is_active=True, contact__merged_into=None).first()


def referral_path(link: ReferralLink, forms: Sequence[WebForm]) -> str:
    """The address that a customer passes on, from its first slash; empty where no form is open.

    The form of the link's own campaign, else the oldest; ``forms`` are the open ones, oldest first.
    """
    own = [form for form in forms if form.campaign_id and form.campaign_id == link.campaign_id]
    form = next(iter([*own, *forms]), None)
    return f"{reverse('customer', args=['f', form.token])}?ref={link.token}" if form else ""


def _lead_id(ticket: Ticket, values: Mapping[str, Any]) -> UUID:
    """A UUIDv7 that follows from the showing and what was sent: a double click repeats it, another enquiry does not."""
    said = json.dumps({name: str(value) for name, value in values.items()}, sort_keys=True)
    digest = int.from_bytes(hashlib.sha256(ticket.showing.bytes + said.encode()).digest()[:10])
    kept = ticket.showing.int >> 80 << 80
    return UUID(int=kept | 0x7 << 76 | (digest >> 62 & 0xFFF) << 64 | 0b10 << 62 | digest & (1 << 62) - 1)


def _record_consents(contact_id: UUID, form: WebForm, values: Mapping[str, Any]) -> None:
    """For each way to reach them that they gave. The proof is what they read."""
    proof = normal.clean(f"{form.name}: {form.consent_text}")[:500]
    for name, channel in (("email", Consent.Channel.EMAIL), ("phone", Consent.Channel.CALL)):
        if values.get(name):
            record_consent(actor=None, contact_id=contact_id, channel=channel, state=Consent.State.GIVEN, proof=proof)
