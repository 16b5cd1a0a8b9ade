"""What scoring may know about a lead: one list for rules, learning and explaining, read for many leads at once.

Higher apps add facts of their own (answered calls, opened mails) with ``register_fact`` in ``ready``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.models import Campaign, Company, Contact, CustomField, Email, Lead, Phone, QuestionnaireAnswers
from leads.scoring.table import Table
from leads.services import custom

Read = Callable[[Sequence[UUID]], Mapping[UUID, tuple[Any, datetime | None]]]
Text = str | Promise
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fact:
    """``source`` is an expression on Lead, or a function that reads ``{lead id: (value, when)}``.

    ``is_learnable``: known when the lead arrives. What people set while they sell would tell the model the outcome.
    """

    key: str
    label: Text
    source: Any
    is_learnable: bool = True
    # Since when it is so, as an expression; the lead's arrival unless said. A function says it with each value.
    when: Any = None
    choices: tuple[tuple[str, Text], ...] = ()
    # The currency of an amount of money.
    currency: Callable[[Lead], str] | None = None


def _is_reached_by(model: type[Phone | Email]) -> Q:
    """By the person or the company; asked apart, so that each is one look into one index."""
    return Q(Exists(model.objects.filter(contact=OuterRef("contact")))) | Q(
        Exists(model.objects.filter(company=OuterRef("company")))
    )


_ANSWERS = QuestionnaireAnswers.objects.filter(lead=OuterRef("pk"), answered_at__isnull=False)
_ANSWERED_AT = Subquery(_ANSWERS.order_by("-answered_at").values("answered_at")[:1])


def _choices(choices: Any) -> tuple[tuple[str, Text], ...]:
    return tuple(choices.choices)


_BUILT_IN = (
    Fact("lead.source", _("Source"), F("source")),
    Fact("lead.channel", _("Channel"), F("channel"), choices=_choices(Lead.Channel)),
    Fact("lead.direction", _("Direction"), F("direction"), choices=_choices(Lead.Direction)),
    Fact("lead.product", _("Product"), F("product__name")),
    Fact("lead.product_family", _("Product family"), F("product__family")),
    Fact("lead.campaign", _("Campaign"), F("campaign__name")),
    Fact("lead.campaign_kind", _("Kind of campaign"), F("campaign__kind"), choices=_choices(Campaign.Kind)),
    Fact("lead.referred", _("Came by a referral"), Q(referral__isnull=False)),
    Fact("lead.expected_value", _("Expected value"), F("expected_value"), currency=lambda lead: lead.currency),
    Fact("lead.needs_demo", _("Wants to see it"), F("needs_demo")),
    Fact("lead.answered", _("Answered a questionnaire"), Exists(_ANSWERS), is_learnable=False, when=_ANSWERED_AT),
    Fact("company.sector", _("Sector"), F("company__sector")),
    Fact("company.employees", _("Employees"), F("company__employees")),
    Fact(
        "company.annual_revenue",
        _("Annual revenue"),
        F("company__annual_revenue"),
        currency=lambda lead: lead.company.currency if lead.company else "",
    ),
    Fact("company.founded_year", _("Founded in"), F("company__founded_year")),
    # Given by people, often once a customer is known.
    Fact("company.tier", _("Tier"), F("company__tier"), is_learnable=False, choices=_choices(Company.Tier)),
    Fact("company.country", _("Country"), Coalesce("site__country", "main_site__country")),
    Fact("company.region", _("Region"), Coalesce("site__region", "main_site__region")),
    Fact("contact.job_title", _("Job title"), F("contact__job_title")),
    # Found out in the course of selling.
    Fact("contact.level", _("Level"), F("contact__level"), is_learnable=False, choices=_choices(Contact.Level)),
    Fact("contact.language", _("Language"), F("contact__language")),
    Fact("reach.phone", _("Has a telephone number"), _is_reached_by(Phone), is_learnable=False),
    Fact("reach.email", _("Has an e-mail address"), _is_reached_by(Email), is_learnable=False),
)
_STORED = ("score__fit", "score__engagement", "score__total", "score__due_at")
_registered: dict[str, Fact] = {}
_CUSTOM_HOLDERS = {
    CustomField.Holder.LEAD: "custom",
    CustomField.Holder.COMPANY: "company__custom",
    CustomField.Holder.CONTACT: "contact__custom",
}
_CUSTOM_KINDS = (
    CustomField.Kind.TEXT,
    CustomField.Kind.NUMBER,
    CustomField.Kind.CHOICE,
    CustomField.Kind.YES_NO,
)


def register_fact(fact: Fact) -> None:
    """Let a higher app add a fact; its ``source`` is a function over lead ids, for many at once."""
    if fact.key in _registered or any(fact.key == known.key for known in _BUILT_IN):
        raise ValueError(f"The fact {fact.key} is registered twice.")
    _registered[fact.key] = fact


def all_facts() -> dict[str, Fact]:
    """Every fact by key: built in, registered, and the organisation's custom fields."""
    facts = {fact.key: fact for fact in _BUILT_IN} | _registered
    with custom.remembered():
        fields = [field for holder in sorted(_CUSTOM_HOLDERS) for field in custom.fields_of(holder)]
    for field in fields:
        if field.kind not in _CUSTOM_KINDS:
            continue
        key = f"{field.holder}.custom.{field.key}"
        choices = tuple((text, text) for text in field.choices)
        facts[key] = Fact(key, field.label, _CUSTOM_HOLDERS[CustomField.Holder(field.holder)], choices=choices)
    return facts


@dataclass(frozen=True, slots=True)
class Known:
    """Facts of some leads, all in the order of ``ids``. ``moments[fact]`` says since when, where it is not the arrival."""

    ids: list[UUID]
    table: Table
    arrived: list[datetime]
    is_open: list[bool]
    moments: dict[str, list[datetime | None]]
    # Fit, engagement, total and due time as they are stored.
    stored: list[tuple[int | None, int | None, int | None, datetime | None]]

    def ages(self, now: datetime, facts: Sequence[str]) -> dict[str, Numbers]:
        """Days since each fact: since the lead arrived unless the fact has a time of its own; 0 where nobody knows."""
        since_arrival = _days(now, self.arrived)
        return {key: _days(now, self.moments[key]) if key in self.moments else since_arrival for key in facts}


def _days(now: datetime, moments: Sequence[datetime | None]) -> Numbers:
    seconds = [(now - moment).total_seconds() if moment else 0.0 for moment in moments]
    return np.maximum(np.array(seconds, dtype=np.float64), 0.0) / 86_400


def read_facts(leads: QuerySet[Lead], wanted: Sequence[str], facts: Mapping[str, Fact]) -> Known:
    """The ``wanted`` facts of ``leads`` in one query, plus one for each registered fact. Keeps the queryset's order."""
    known = [facts[key] for key in wanted if key in facts]
    plain = [fact for fact in known if not callable(fact.source) and not isinstance(fact.source, str)]
    own = [fact for fact in known if isinstance(fact.source, str)]
    holders = sorted({fact.source for fact in own})
    columns = [f"fact_{place}" for place in range(len(plain))]
    timed = {f"when_{place}": fact for place, fact in enumerate(plain) if fact.when is not None}
    rows = list(
        leads.annotate(main_site=FilteredRelation("company__sites", condition=Q(company__sites__is_primary=True)))
        .annotate(**{name: fact.source for name, fact in zip(columns, plain, strict=True)})
        .annotate(**{name: fact.when for name, fact in timed.items()})
        .values_list("pk", "arrived_at", "status", *_STORED, *columns, *holders, *timed)
    )
    ids = [row[0] for row in rows]
    start = 3 + len(_STORED)
    table = {fact.key: [_blank(row[start + place]) for row in rows] for place, fact in enumerate(plain)}
    for fact in own:
        place = start + len(plain) + holders.index(fact.source)
        name = fact.key.rpartition(".")[2]
        table[fact.key] = [(row[place] or {}).get(name) for row in rows]
    ends = start + len(plain) + len(holders)
    moments: dict[str, list[datetime | None]] = {
        fact.key: [row[ends + place] for row in rows] for place, fact in enumerate(timed.values())
    }
    for fact in known:
        if callable(fact.source):
            found = fact.source(ids)
            table[fact.key] = [found[pk][0] if pk in found else None for pk in ids]
            moments[fact.key] = [found[pk][1] if pk in found else None for pk in ids]
    opened = [row[2] in Lead.OPEN for row in rows]
    columns_read = {key: table[key] for key in wanted if key in table}
    stored = [row[3:start] for row in rows]
    return Known(ids, Table(columns_read, len(ids)), [row[1] for row in rows], opened, moments, stored)


def _blank(value: Any) -> Any:
    return None if value == "" else value
