"""Writes on contacts: who they are, how they are reached, what they allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import clock, journal, policy
from crm.core.errors import Invalid
from crm.core.worktime import WeeklyHours
from leads import normal
from leads.models import Company, Consent, Contact, Email, Phone, Site
from leads.policies import WRITE_CONTACTS
from leads.services import reaches, writing

FIELDS = (
    "company",
    "first_name",
    "last_name",
    "job_title",
    "level",
    "language",
    "time_zone",
    "contact_windows",
    "notes",
    "external_source",
    "external_id",
)


def create_contact(
    *,
    actor: User | None,
    contact_id: UUID | None = None,
    company: Company | UUID | None = None,
    phones: Iterable[Any] = (),
    emails: Iterable[Any] = (),
    custom: Mapping[str, Any] | None = None,
    country: str = "",
    **fields: Any,
) -> Contact:
    """Make a contact. A repeat with the same ``contact_id`` returns the one made before.

    ``country`` is the plan of phone numbers without their own; by default that of the company's main site.
    Raises ``Forbidden``, ``Invalid``, ``Conflict``.
    """
    writing.require(actor, WRITE_CONTACTS)
    with writing.writes():
        stored = writing.known(Contact, actor, contact_id)
        if stored is not None:
            return stored
        contact = Contact(**({"pk": contact_id} if contact_id else {}))
        writing.fill(contact, {"company": company, **fields}, FIELDS, actor)
        plan = country or _country_of(contact)
        reach = reaches.read(phones, emails, plan)
        writing.give_custom(contact, custom, actor)
        _check(contact, reach)
        extra = {"reach": reaches.texts(reach)}
        writing.insert(contact, actor=actor, event="contact.created", fields=FIELDS, extra=extra)
        reaches.attach(contact, reach)
        writing.keep_up(contact)
    return contact


def change_contact(
    *, actor: User | None, contact_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> Contact:
    """Change what is named. ``phones`` and ``emails`` are whole lists, ``custom`` only the keys that change.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``Conflict``, ``VersionConflict``.
    """
    writing.require(actor, WRITE_CONTACTS)
    plain = {name: value for name, value in changes.items() if name not in {"phones", "emails", "custom"}}
    with writing.writes():
        contact = writing.locked(Contact, actor, contact_id)
        contact.require_version(expected_version)
        before = journal.snapshot(contact, [*plain, "custom"]) | {"custom": dict(contact.custom)}
        writing.fill(contact, plain, FIELDS, actor)
        if "custom" in changes:
            writing.give_custom(contact, changes["custom"], actor)
        extra: dict[str, tuple[Any, Any]] = {}
        if "phones" in changes:
            read = reaches.read_phones(changes["phones"], _country_of(contact))
            extra["phones"] = reaches.replace(contact, Phone, read)
        if "emails" in changes:
            extra["emails"] = reaches.replace(contact, Email, reaches.read_emails(changes["emails"]))
        _check(contact, [*contact.phones.all()[:1], *contact.emails.all()[:1]])
        if writing.store(contact, actor=actor, event="contact.changed", before=before, extra=extra, also=["name_key"]):
            writing.keep_up(contact, custom_changed="custom" in changes)
    return contact


def forbid_contact(
    *, actor: User | None, contact_id: UUID, reason: str = "", expected_version: int | None = None
) -> Contact:
    """Mark that nobody calls or writes to this person any more, on no channel. Twice changes nothing."""
    return _set_do_not_contact(actor, contact_id, forbidden=True, reason=reason, expected_version=expected_version)


def allow_contact(*, actor: User | None, contact_id: UUID, expected_version: int | None = None) -> Contact:
    """Take the mark back: the person asked for it."""
    return _set_do_not_contact(actor, contact_id, forbidden=False, reason="", expected_version=expected_version)


def record_consent(
    *,
    actor: User | None,
    contact_id: UUID,
    channel: str,
    state: str,
    proof: str = "",
    at: datetime | None = None,
    consent_id: UUID | None = None,
) -> Consent:
    """Write down what a contact allowed or refused, by what proof. The newest of a channel holds.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``.
    """
    writing.require(actor, WRITE_CONTACTS)
    with writing.writes():
        stored = writing.known(Consent, actor, consent_id)
        if stored is not None:
            return stored
        contact = writing.locked(Contact, actor, contact_id)
        moment = at or clock.now()
        if moment > clock.now():
            raise Invalid(_("This is in the future."), field="at", code="in_the_future")
        consent = Consent(contact=contact, channel=channel, state=state, proof=normal.clean(proof), at=moment)
        if consent_id:
            consent.pk = consent_id
        writing.check(consent)
        consent.save(force_insert=True)
        said = f"{state} ({consent.proof})" if consent.proof else state
        journal.record(
            actor=actor,
            event="contact.consent_recorded",
            instance=contact,
            changes={f"consent.{channel}": (None, said)},
        )
    return consent


# --- inside ----------------------------------------------------------------------------------------------------------


def _set_do_not_contact(
    actor: User | None, contact_id: UUID, *, forbidden: bool, reason: str, expected_version: int | None
) -> Contact:
    if actor is not None:
        policy.require(actor, WRITE_CONTACTS)
    with writing.writes():
        contact = writing.locked(Contact, actor, contact_id)
        contact.require_version(expected_version)
        if contact.do_not_contact == forbidden:
            return contact
        before = journal.snapshot(contact, ["do_not_contact", "do_not_contact_reason", "do_not_contact_at"])
        contact.do_not_contact = forbidden
        contact.do_not_contact_reason = normal.clean(reason)[:200]
        contact.do_not_contact_at = clock.now() if forbidden else None
        event = "contact.forbidden" if forbidden else "contact.allowed"
        writing.store(contact, actor=actor, event=event, before=before)
    return contact


def _check(contact: Contact, reach: Iterable[Phone | Email]) -> None:
    contact.name_key = normal.name_key(contact.name)[:220]
    if not contact.name and not any(reach):
        raise Invalid(
            _("A contact needs a name, a phone number or an e-mail address."), field="last_name", code="required"
        )
    contact.contact_windows = _windows(contact.contact_windows)
    writing.check(contact)


def _windows(given: Any) -> Any:
    return WeeklyHours.parse(given, field="contact_windows").to_json() if given else {}


def _country_of(contact: Contact) -> str:
    if contact.company_id is None:
        return ""
    return Site.objects.filter(company=contact.company_id).values_list("country", flat=True).first() or ""
