"""The four lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Motion, User
from crm.records.lists import cells
from crm.records.lists.filters import Among, Begins, Days, Filter, Found, Linked, Numbers, Whose, YesNo
from crm.records.lists.spec import Column, ListSpec
from leads import policies as acts
from leads import selectors
from leads.models import Campaign, Company, Contact, Deal, ForecastCategory, Lead, Pipeline, Product, Reason, Stage
from leads.services import finding

CHANGED = Column("changed", _("Changed"), cells.ago("updated_at"), order="changed", css="nw")
MADE = Column("created", _("Entered"), cells.day("created_at"), order="created", css="nw")
TIMES = {"changed": "updated_at", "created": "created_at"}
FOUND = 200


def _found(kind: str) -> Filter:
    def find(reader: User, text: str) -> Iterable[UUID]:
        return finding.find_ids(reader, text, kind, FOUND)

    return Found(key="q", label=_("Words"), find=find)


def _lead_name(lead: Lead) -> str:
    return str(lead.contact or lead.company)


def _lead_note(lead: Lead) -> str:
    return lead.company.name if lead.company and lead.contact else ""


LEADS = ListSpec(
    key="leads",
    holder="lead",
    model=Lead,
    title=_("Leads"),
    one=_("Lead"),
    icon="lead",
    act=acts.VIEW_LEADS,
    write_act=acts.WRITE_LEADS,
    rows=selectors.leads,
    name=_lead_name,
    note=_lead_note,
    columns=(
        Column("score", _("Score"), cells.score, order="score", css="r"),
        Column("status", _("Status"), cells.status),
        Column("arrived", _("Arrived"), cells.ago("arrived_at"), order="arrived", css="nw"),
        Column("source", _("Source"), cells.of("source")),
        Column("channel", _("Channel"), cells.of("channel")),
        Column("motion", _("Motion"), cells.motion),
        Column("owner", _("Owner"), cells.person("owner")),
        Column("value", _("Expected value"), cells.money("expected_value"), css="r"),
        Column("product", _("Product"), cells.of("product")),
        Column("campaign", _("Campaign"), cells.of("campaign")),
        Column("company", _("Company"), cells.company),
        Column("reason", _("Reason"), cells.of("reason")),
        Column("demo", _("Wants to see it"), cells.yes_no("needs_demo")),
        Column("direction", _("Direction"), cells.of("direction")),
        CHANGED,
        MADE,
    ),
    first_columns=("score", "status", "arrived", "source", "motion", "owner", "value"),
    filters=(
        _found("leads"),
        Among(key="status", label=_("Status"), column="status", choices=Lead.Status.choices),
        Whose(key="owner", label=_("Owner")),
        Among(key="motion", label=_("Motion"), column="motion", choices=Motion.choices),
        Numbers(key="score", label=_("Score"), column="score__total"),
        Days(key="arrived", label=_("Arrived"), column="arrived_at"),
        Among(key="channel", label=_("Channel"), column="channel", choices=Lead.Channel.choices),
        Begins(key="source", label=_("Source"), column="source"),
        Linked(key="product", label=_("Product"), column="product", model=Product),
        Linked(key="campaign", label=_("Campaign"), column="campaign", model=Campaign),
        Linked(
            key="reason",
            label=_("Reason"),
            column="reason",
            model=Reason,
            narrow={"kind": Reason.Kind.DISQUALIFIED},
        ),
        YesNo(key="demo", label=_("Wants to see it"), column="needs_demo"),
    ),
    orders={"arrived": "arrived_at", "score": "score__total", **TIMES},
    first_order="-arrived",
    empty=_("Leads come from your forms, mail addresses, imports and the API, or you enter one."),
    bulk_facts=("motion", "source", "product", "campaign", "needs_demo"),
)

COMPANIES = ListSpec(
    key="companies",
    holder="company",
    model=Company,
    title=_("Companies"),
    one=_("Company"),
    icon="company",
    act=acts.VIEW_COMPANIES,
    write_act=acts.WRITE_COMPANIES,
    rows=selectors.companies,
    name=cells.of("name"),
    note=cells.of("domain"),
    columns=(
        Column("place", _("Place"), cells.city),
        Column("sector", _("Sector"), cells.of("sector")),
        Column("tier", _("Tier"), cells.of("tier")),
        Column("employees", _("Employees"), cells.number("employees"), css="r"),
        Column("revenue", _("Annual revenue"), cells.money("annual_revenue"), css="r"),
        Column("phone", _("Phone"), cells.phone),
        Column("email", _("E-mail"), cells.email),
        Column("owner", _("Owner"), cells.person("owner")),
        Column("parent", _("Part of"), cells.of("parent")),
        Column("visits", _("Visit every (days)"), cells.number("visit_every_days"), css="r"),
        CHANGED,
        MADE,
    ),
    first_columns=("place", "sector", "tier", "employees", "phone", "owner", "changed"),
    filters=(
        _found("companies"),
        Among(key="tier", label=_("Tier"), column="tier", choices=Company.Tier.choices),
        Whose(key="owner", label=_("Owner")),
        Begins(key="sector", label=_("Sector"), column="sector"),
        Numbers(key="employees", label=_("Employees"), column="employees"),
        Days(key="created", label=_("Entered"), column="created_at"),
        Days(key="changed", label=_("Changed"), column="updated_at"),
    ),
    orders={"name": "name_key", **TIMES},
    first_order="name",
    name_order="name",
    empty=_("Companies are made with their first lead, by an import, or here."),
    bulk_facts=("owner", "tier", "sector", "visit_every_days"),
)

CONTACTS = ListSpec(
    key="contacts",
    holder="contact",
    model=Contact,
    title=_("Contacts"),
    one=_("Contact"),
    icon="people",
    act=acts.VIEW_CONTACTS,
    write_act=acts.WRITE_CONTACTS,
    rows=selectors.contacts,
    name=str,
    note=cells.of("job_title"),
    columns=(
        Column("company", _("Company"), cells.company),
        Column("level", _("Level"), cells.of("level")),
        Column("phone", _("Phone"), cells.phone),
        Column("email", _("E-mail"), cells.email),
        Column("language", _("Language"), cells.of("language")),
        Column("zone", _("Time zone"), cells.of("time_zone")),
        Column("reach", _("May be contacted"), cells.reachable),
        CHANGED,
        MADE,
    ),
    first_columns=("company", "level", "phone", "email", "reach", "changed"),
    filters=(
        _found("contacts"),
        Among(key="level", label=_("Level"), column="level", choices=Contact.Level.choices),
        YesNo(key="forbidden", label=_("Do not contact"), column="do_not_contact"),
        Begins(key="title", label=_("Job title"), column="job_title"),
        Begins(key="language", label=_("Language"), column="language"),
        Days(key="created", label=_("Entered"), column="created_at"),
        Days(key="changed", label=_("Changed"), column="updated_at"),
    ),
    orders={"name": "name_key", **TIMES},
    first_order="name",
    name_order="name",
    empty=_("People come with their first enquiry, by an import, or you enter one here."),
    bulk_facts=("level", "language", "job_title"),
)

DEALS = ListSpec(
    key="deals",
    holder="deal",
    model=Deal,
    title=_("Deals"),
    one=_("Deal"),
    icon="chart",
    act=acts.VIEW_DEALS,
    write_act=acts.WRITE_DEALS,
    rows=selectors.deals,
    name=cells.of("name"),
    note=lambda deal: deal.company.name if deal.company else "",
    columns=(
        Column("stage", _("Stage"), cells.of("stage")),
        Column("state", _("State"), cells.state),
        Column("amount", _("Amount"), cells.money("amount"), order="amount", css="r"),
        Column("close", _("Expected to close"), cells.day("close_on"), order="close", css="nw"),
        Column("motion", _("Motion"), cells.motion),
        Column("owner", _("Owner"), cells.person("owner")),
        Column("forecast", _("Forecast"), lambda deal: str(ForecastCategory(deal.forecast_category).label)),
        Column("pipeline", _("Pipeline"), lambda deal: str(deal.stage.pipeline)),
        Column("company", _("Company"), cells.company),
        Column("contact", _("Contact"), cells.contact),
        Column("reason", _("Reason"), cells.of("reason")),
        Column("competitor", _("Competitor"), cells.of("competitor")),
        CHANGED,
        MADE,
    ),
    first_columns=("stage", "state", "amount", "close", "motion", "owner"),
    filters=(
        _found("deals"),
        Among(key="state", label=_("State"), column="state", choices=Deal.State.choices),
        Whose(key="owner", label=_("Owner")),
        Among(key="motion", label=_("Motion"), column="motion", choices=Motion.choices),
        Linked(key="pipeline", label=_("Pipeline"), column="stage__pipeline", model=Pipeline),
        Linked(key="stage", label=_("Stage"), column="stage", model=Stage),
        Numbers(key="amount", label=_("Amount"), column="amount"),
        Days(key="close", label=_("Expected to close"), column="close_on", has_time=False),
        Linked(key="reason", label=_("Reason"), column="reason", model=Reason, narrow={"kind__in": ["won", "lost"]}),
    ),
    orders={"amount": "amount", "close": "close_on", **TIMES},
    first_order="-created",
    empty=_("A deal opens when a lead is qualified, or here."),
    bulk_facts=("owner", "motion", "forecast", "close_on"),
)

LISTS: dict[str, ListSpec] = {spec.key: spec for spec in (LEADS, COMPANIES, CONTACTS, DEALS)}
HOLDERS: dict[str, ListSpec] = {spec.holder: spec for spec in LISTS.values()}


def spec_of(record: Any) -> ListSpec:
    """The list that ``record`` stands in."""
    return HOLDERS[record._meta.model_name]
