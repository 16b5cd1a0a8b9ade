"""The pages of one lead, company, contact and deal, and the forms that make them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from accounts.models import Motion, User
from crm.core import clock, formats, policy, toasts
from crm.core.doors import page
from crm.records import panels
from crm.records.forms import CompanyForm, ConsentForm, ContactForm, DealForm
from crm.records.lists.cells import STATE_CHIPS, STATUS_CHIPS
from crm.records.lists.offered import COMPANIES, CONTACTS, DEALS, LEADS
from crm.records.parts import windows_of
from crm.records.precall import pre_call
from crm.records.reading import Reading
from crm.records.views_records import ask, following_merges, frame, record_of, sent
from leads import selectors
from leads.models import Contact, Deal, DealLine, DealSplit, Lead, StageChange
from leads.policies import VIEW_CONTACTS, VIEW_LEADS, WRITE_CONTACTS
from leads.services import companies, contacts, deals

# --- Leads ----------------------------------------------------------------------------------------------------------------------

STEPS = (Lead.Status.NEW, Lead.Status.ATTEMPTING, Lead.Status.CONNECTED, Lead.Status.QUALIFIED)


@page(act=LEADS.act)
@require_GET
def lead(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """One selling effort: where it stands, what to know before a call, its story."""
    reader: User = request.user  # type: ignore[assignment]
    found: Any = record_of(
        LEADS,
        reader,
        record_id,
        "contact",
        "company",
        "owner",
        "product",
        "campaign",
        "reason",
        "score",
        "referral__contact",
        contact_phones=selectors.phones_of(reader, "contact", "contact_id"),
        company_phones=selectors.phones_of(reader, "company", "company_id"),
        consents=selectors.consents_of(reader, "contact_id"),
        people=selectors.people_of(reader, "company_id"),
    )
    reading = Reading(reader, found)
    shared = frame(LEADS, reading)
    phones = found.contact_phones if found.contact_id else found.company_phones
    facts = {
        **shared,
        "lead": found,
        "status_chip": STATUS_CHIPS[Lead.Status(found.status)],
        "deal_query": urlencode(
            {"lead": found.pk, "company": found.company_id or "", "contact": found.contact_id or ""}
        ),
        "route": _way_of_lead(found),
        "pre_call": pre_call(found, shared["entries"], phones, found.consents),
        "people": selectors.by_rung(found.people),
        "deals": reading.deals,
        "panels": panels.panels_of("lead", reader, found),
    }
    return render(request, "records/lead.html", facts)


def _way_of_lead(lead: Lead) -> list[dict[str, Any]]:
    """The flow as stops of a line; where it ended early, the line ends there."""
    motion = "outside" if lead.motion == Motion.OUTSIDE else "inside"
    ended = lead.status == Lead.Status.DISQUALIFIED
    dates: dict[str, datetime | None] = {
        Lead.Status.NEW: lead.arrived_at,
        Lead.Status.CONNECTED: lead.connected_at,
        Lead.Status.QUALIFIED: lead.closed_at if lead.status == Lead.Status.QUALIFIED else None,
    }
    steps = [
        {"name": step.label, "motion": motion, "note": _day(dates.get(step)), "current": lead.status == step}
        for step in STEPS
    ]
    if not ended:
        return steps
    passed = steps[: 3 if lead.connected_at else 2]
    return [
        *passed,
        {"name": Lead.Status.DISQUALIFIED.label, "motion": motion, "note": _day(lead.closed_at), "current": True},
    ]


def _day(moment: datetime | None) -> str:
    return formats.day(moment.date()) if moment else ""


# --- Companies ------------------------------------------------------------------------------------------------------------------


@page(act=COMPANIES.act)
@following_merges(COMPANIES)
@require_GET
def company(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """One organisation: its places, people, leads and deals."""
    reader: User = request.user  # type: ignore[assignment]
    found: Any = record_of(
        COMPANIES,
        reader,
        record_id,
        "owner",
        "parent",
        found_sites=selectors.sites_of(reader),
        found_phones=selectors.phones_of(reader, "company"),
        found_emails=selectors.emails_of(reader, "company"),
        people=selectors.people_of(reader),
    )
    reading = Reading(reader, found)
    facts = {
        **frame(COMPANIES, reading),
        "company": found,
        "deal_query": urlencode({"company": found.pk}),
        "sites": found.found_sites,
        "phones": found.found_phones,
        "emails": found.found_emails,
        "people": selectors.by_rung(found.people) if policy.may(reader, VIEW_CONTACTS) else None,
        "leads": reading.leads,
        "deals": reading.deals,
        "subsidiaries": list(selectors.companies(reader).filter(parent=found.pk)[:20]),
        "panels": panels.panels_of("company", reader, found),
    }
    return render(request, "records/company.html", facts)


# --- Contacts -------------------------------------------------------------------------------------------------------------------


@page(act=CONTACTS.act)
@following_merges(CONTACTS)
@require_GET
def contact(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """One person: how to reach them, what they allowed."""
    reader: User = request.user  # type: ignore[assignment]
    found: Any = record_of(
        CONTACTS,
        reader,
        record_id,
        "company",
        found_phones=selectors.phones_of(reader, "contact"),
        found_emails=selectors.emails_of(reader, "contact"),
        found_consents=selectors.consents_of(reader),
    )
    reading = Reading(reader, found)
    facts = {
        **frame(CONTACTS, reading),
        "contact": found,
        "deal_query": urlencode({"contact": found.pk, "company": found.company_id or ""}),
        "phones": found.found_phones,
        "emails": found.found_emails,
        "consents": found.found_consents,
        "windows": windows_of(found.contact_windows),
        "leads": reading.leads,
        "deals": reading.deals,
        "panels": panels.panels_of("contact", reader, found),
    }
    return render(request, "records/contact.html", facts)


@page(act=WRITE_CONTACTS)
@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Write down what somebody allowed or refused, with its proof."""
    actor: User = request.user  # type: ignore[assignment]
    found: Contact = record_of(CONTACTS, actor, record_id)
    form = ConsentForm(sent(request), reader=actor, initial={"channel": "email", "state": "given"})
    if request.method == "POST" and form.is_valid():
        done = form.carry_out(lambda: contacts.record_consent(actor=actor, contact_id=found.pk, **form.values()))
        if done is not None:
            toasts.show_next(request, _("Consent recorded."))
            return HttpResponseClientRefresh()
    url = reverse("records:contact-consent", args=[found.pk])
    return ask(request, found, form, _("Record consent"), url)


# --- Deals ----------------------------------------------------------------------------------------------------------------------


@page(act=DEALS.act)
@require_GET
def deal(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """One deal: the line of its stages, what is in it, who shares it."""
    reader: User = request.user  # type: ignore[assignment]
    found: Deal = record_of(
        DEALS,
        reader,
        record_id,
        "stage__pipeline",
        "company",
        "contact",
        "owner",
        "reason",
        "lead__contact",
        "lead__company",
    )
    stages = list(found.stage.pipeline.stages.all())
    changes = list(found.stage_changes.select_related("stage", "by"))
    lines = list(DealLine.objects.filter(deal=found.pk).select_related("product"))
    facts = {
        **frame(DEALS, Reading(reader, found)),
        "deal": found,
        "state_chip": STATE_CHIPS[Deal.State(found.state)],
        "stages": stages,
        "route": _way_of_deal(found, stages, changes),
        "lines": [(line, deals.line_total(line, found.currency)) for line in lines] if found.currency else [],
        "splits": list(DealSplit.objects.filter(deal=found.pk).select_related("user")),
        "lead": found.lead if found.lead and policy.may(reader, VIEW_LEADS) else None,
        "may_see_contacts": policy.may(reader, VIEW_CONTACTS),
        "panels": panels.panels_of("deal", reader, found),
        "days_here": (clock.now() - found.stage_since).days,
    }
    return render(request, "records/deal.html", facts)


def _way_of_deal(deal: Deal, stages: list[Any], changes: list[StageChange]) -> list[dict[str, Any]]:
    """The stages as stops; each with the day the deal last came there, and the ending behind them."""
    motion = "outside" if deal.motion == Motion.OUTSIDE else "inside"
    came = {change.stage_id: change.at for change in changes if change.state == Deal.State.OPEN}
    stops = [
        {
            "name": stage.name,
            "motion": motion,
            "note": _day(came.get(stage.pk)) if stage.position <= deal.stage.position else "",
            "current": deal.is_open and stage.pk == deal.stage_id,
        }
        for stage in stages
    ]
    ending = Deal.State.WON if deal.is_open else Deal.State(deal.state)
    closed = formats.day(deal.closed_on) if deal.closed_on else ""
    return [*stops, {"name": ending.label, "motion": motion, "note": closed, "current": not deal.is_open}]


# --- New ones ---------------------------------------------------------------------------------------------------------------------


def make_company(request: HttpRequest, actor: User) -> tuple[Any, Any]:
    form = CompanyForm(sent(request), reader=actor)
    made = None
    if request.method == "POST" and form.is_valid():
        made = form.carry_out(lambda: companies.create_company(actor=actor, **form.values()))
    return form, made


def make_contact(request: HttpRequest, actor: User) -> tuple[Any, Any]:
    form = ContactForm(sent(request), reader=actor, initial=_given(request, "company"))
    made = None
    if request.method == "POST" and form.is_valid():
        made = form.carry_out(lambda: contacts.create_contact(actor=actor, **form.values()))
    return form, made


def make_deal(request: HttpRequest, actor: User) -> tuple[Any, Any]:
    form = DealForm(sent(request), reader=actor, initial=_given(request, "company", "contact", "lead"))
    made = None
    if request.method == "POST" and form.is_valid():
        made = form.carry_out(lambda: deals.create_deal(actor=actor, **form.values()))
    return form, made


def _given(request: HttpRequest, *names: str) -> dict[str, str]:
    """What the link that led here already knew."""
    return {name: request.GET[name] for name in names if name in request.GET}
