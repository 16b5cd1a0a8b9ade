"""What somebody needs to know before they call, without a click: who, why now, where it is, what was, what is allowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from crm.core import clock, formats
from crm.records.timeline import Entry, touches_in
from leads import normal
from leads.models import Consent, Contact, Lead, Phone, Product

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FRESH_DAYS = 7


@dataclass(frozen=True, slots=True)
class PreCall:
    """``time_there`` is empty where nobody knows it; ``fits`` says whether now is in their preferred hours (None: any)."""

    contact: Contact | None
    phones: list[tuple[Phone, str]]
    why: list[str]
    touches: list[Entry]
    time_there: str
    hours: str
    fits: bool | None
    consents: list[Consent]
    forbidden: bool
    question: str = field(default="")


def pre_call(lead: Lead, story: list[Entry], phones: list[Phone], consents: list[Consent]) -> PreCall:
    """What is known of the lead's contact, else of its company; ``story`` is its timeline, newest first."""
    contact = lead.contact
    local = _local(contact)
    windows = _windows(contact, local)
    return PreCall(
        contact=contact,
        phones=[(phone, normal.shown_phone(phone.number)) for phone in phones if not phone.is_bad],
        why=_why_now(lead),
        touches=touches_in(story),
        time_there=formats.clock(local.time()) if local else "",
        hours=", ".join(f"{start}-{end}" for start, end in windows),
        fits=_fits(contact, windows, local),
        consents=consents,
        forbidden=bool(contact and contact.do_not_contact),
        question=lead.notes,
    )


def _why_now(lead: Lead) -> list[str]:
    """The reasons that speak for calling now, strongest first; plain facts, none invented."""
    reasons = []
    if lead.is_live and lead.is_open:
        reasons.append(_("Somebody waits: %(channel)s") % {"channel": lead.get_channel_display()})
    waited = clock.now() - lead.arrived_at
    if lead.status == Lead.Status.NEW:
        reasons.append(_("Nobody has tried yet; arrived %(ago)s") % {"ago": formats.ago(lead.arrived_at, clock.now())})
    elif lead.is_open and waited.days < FRESH_DAYS:
        reasons.append(_("Fresh: arrived %(ago)s") % {"ago": formats.ago(lead.arrived_at, clock.now())})
    if lead.needs_demo:
        reasons.append(_("Wants to see it"))
    if lead.product and lead.product.demo_need == Product.DemoNeed.PHYSICAL:
        reasons.append(_("%(product)s is to be shown in person") % {"product": lead.product})
    if lead.score_total is not None:
        reasons.append(_("Score %(score)d") % {"score": lead.score_total})
    if lead.referral:
        reasons.append(_("Recommended by %(name)s") % {"name": lead.referral.contact})
    if lead.campaign:
        reasons.append(_("Came through %(campaign)s") % {"campaign": lead.campaign})
    return reasons


def _local(contact: Contact | None) -> datetime | None:
    if contact is None or not contact.time_zone:
        return None
    try:
        return clock.now().astimezone(ZoneInfo(contact.time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _windows(contact: Contact | None, local: datetime | None) -> list[tuple[str, str]]:
    """Today's preferred hours, in the contact's zone."""
    if contact is None or not contact.contact_windows:
        return []
    today = DAYS[(local or clock.now()).weekday()]
    return [(start, end) for start, end in contact.contact_windows.get(today, [])]


def _fits(contact: Contact | None, windows: list[tuple[str, str]], local: datetime | None) -> bool | None:
    if contact is None or not contact.contact_windows or local is None:
        return None
    return any(start <= f"{local:%H:%M}" < end for start, end in windows)
