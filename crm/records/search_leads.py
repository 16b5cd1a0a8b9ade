"""Leads, companies, contacts and deals in the search on the board."""

from __future__ import annotations

from functools import partial

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from crm.core import policy
from crm.records import search
from crm.records.search import Hit
from leads.models import Company, Contact, Deal, Lead
from leads.policies import VIEW_COMPANIES, VIEW_CONTACTS, VIEW_DEALS, VIEW_LEADS
from leads.services import finding

_KINDS: tuple[tuple[str, Promise, str], ...] = (
    ("leads", _("Leads"), VIEW_LEADS),
    ("companies", _("Companies"), VIEW_COMPANIES),
    ("contacts", _("Contacts"), VIEW_CONTACTS),
    ("deals", _("Deals"), VIEW_DEALS),
)


def register() -> None:
    """What is sold to whom stands before colleagues: called before those are registered."""
    for name, label, act in _KINDS:
        search.register(name, label, partial(_find, kind=name, act=act))


def _find(reader: User, query: str, limit: int, *, kind: str, act: str) -> list[Hit]:
    if not policy.may(reader, act):
        return []
    return [_hit(record) for record in finding.find(reader, query, kind, limit)]


def _hit(record: Lead | Company | Contact | Deal) -> Hit:
    match record:
        case Lead():
            return _lead(record)
        case Company():
            note = _line(record.sector, record.domain)
            return Hit(reverse("records:company", args=[record.pk]), record.name, note, icon="company")
        case Contact():
            note = _line(record.job_title, record.company)
            return Hit(reverse("records:contact", args=[record.pk]), str(record), note, icon="person")
        case Deal():
            note = _line(record.get_state_display(), record.company, record.owner)
            return Hit(reverse("records:deal", args=[record.pk]), record.name, note, record.motion)


def _lead(lead: Lead) -> Hit:
    """By the person where there is one; a lead says how far it is and whose."""
    whom = lead.contact if lead.contact is not None else lead.company
    where = lead.company if lead.contact is not None else None
    note = _line(where, lead.get_status_display(), lead.owner)
    return Hit(reverse("records:lead", args=[lead.pk]), str(whom), note, lead.motion, "" if lead.motion else "lead")


def _line(*parts: object) -> str:
    return ", ".join(str(part) for part in parts if part)
