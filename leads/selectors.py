"""Reads with a shape: the rows of lists, one record with what its page shows. Each starts from what the reader sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    Count,
    F,
    Model,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
    Window,
)
from django.db.models.functions import JSONObject, RowNumber
from typing_extensions import override

from accounts.models import User
from crm.core.models import BaseModel, JournalEntry
from crm.core.querysets import AnyOf
from leads.models import (
    Company,
    Consent,
    Contact,
    Deal,
    Email,
    Lead,
    Phone,
    Pipeline,
    Reason,
    SavedView,
    Site,
    Stage,
)

# Wide columns that no list shows.
HEAVY_COMPANY = ("company__search_words", "company__notes", "company__custom")
HEAVY_CONTACT = ("contact__search_words", "contact__notes", "contact__custom")

# --- Who waits --------------------------------------------------------------------------------------------------------


def own_waiting_leads(person: User, *, limit: int) -> list[Lead]:
    """``person``'s leads that nobody spoke with yet: those nobody tried first, then the oldest; one query."""
    rows = Lead.objects.visible_to(person).filter(owner=person, status__in=(Lead.Status.NEW, Lead.Status.ATTEMPTING))
    ordered = rows.order_by(Case(When(status=Lead.Status.NEW, then=0), default=1), "arrived_at", "pk")
    return list(
        ordered.select_related("contact", "company").defer("search_words", *HEAVY_COMPANY, *HEAVY_CONTACT)[:limit]
    )


# --- Rows of lists ----------------------------------------------------------------------------------------------------


def leads(person: User) -> QuerySet[Lead]:
    """With contact, company, owner, product, campaign and reason: one query, however many rows."""
    rows = Lead.objects.visible_to(person)
    related = rows.select_related("contact", "company", "owner", "product", "campaign", "reason", "score")
    return related.defer("search_words", "notes", *HEAVY_COMPANY, *HEAVY_CONTACT)


def companies(person: User) -> QuerySet[Company]:
    """Those that stand by themselves, with owner, parent, sites and ways to reach them: four queries."""
    rows = Company.objects.visible_to(person).standing().select_related("owner", "parent")
    return rows.defer("search_words", "notes", "parent__search_words", "parent__notes").prefetch_related(
        "sites", *_reach(person)
    )


def contacts(person: User) -> QuerySet[Contact]:
    """Those that stand by themselves, with company and ways to reach them: three queries."""
    rows = Contact.objects.visible_to(person).standing().select_related("company")
    return rows.defer("search_words", "notes", *HEAVY_COMPANY).prefetch_related(*_reach(person))


def deals(person: User) -> QuerySet[Deal]:
    """With stage and pipeline, company, contact, owner and reason: one query."""
    rows = Deal.objects.visible_to(person)
    related = rows.select_related("stage__pipeline", "company", "contact", "owner", "reason")
    return related.defer("search_words", "notes", *HEAVY_COMPANY, *HEAVY_CONTACT)


def _reach(person: User) -> tuple[Prefetch[Any], Prefetch[Any]]:
    return (
        Prefetch("phones", queryset=Phone.objects.visible_to(person)),
        Prefetch("emails", queryset=Email.objects.visible_to(person)),
    )


# --- One record ---------------------------------------------------------------------------------------------------------


# A company's page lists this many people and places; the list of contacts has all of the people.
MOST_PEOPLE = 50
MOST_SITES = 20


class Rows(ArraySubquery):
    """Rows that belong to a record, read in the record's own query: a list of instances that know these columns.

    Any other column is read when somebody asks for it.
    """

    def __init__(self, rows: QuerySet[Any], *names: str) -> None:
        self.rows_of = rows.model
        # In the model's own order, which ``from_db`` goes by.
        self.columns = [field for field in rows.model._meta.concrete_fields if field.attname in names]
        keys = {field.attname: F(field.attname) for field in self.columns}
        super().__init__(rows.values(json=JSONObject(**keys)))

    @override
    def get_db_converters(self, connection: Any) -> list[Callable[..., Any]]:
        return [*super().get_db_converters(connection), self._instances]

    def _instances(self, value: list[dict[str, Any]] | None, _expression: Any, connection: Any) -> list[Model]:
        names = [field.attname for field in self.columns]
        return [
            self.rows_of.from_db(
                connection.alias, names, [field.to_python(row[field.attname]) for field in self.columns]
            )
            for row in value or ()
        ]


def phones_of(person: User, holder: str, key: str = "pk") -> Rows:
    """``holder`` is ``contact`` or ``company``, ``key`` the outer query's column with its id."""
    rows = Phone.objects.visible_to(person).filter(**{holder: OuterRef(key)})
    return Rows(rows, "id", "number", "extension", "kind", "is_primary", "is_bad")


def emails_of(person: User, holder: str, key: str = "pk") -> Rows:
    rows = Email.objects.visible_to(person).filter(**{holder: OuterRef(key)})
    return Rows(rows, "id", "address", "is_primary", "is_bad")


def sites_of(person: User, key: str = "pk") -> Rows:
    rows = Site.objects.visible_to(person).filter(company=OuterRef(key))[:MOST_SITES]
    return Rows(rows, "id", "label", "is_primary", "street", "city", "postal_code", "country")


def consents_of(person: User, key: str = "pk") -> Rows:
    """What holds now: the newest of each channel."""
    rows = Consent.objects.visible_to(person).filter(contact=OuterRef(key)).order_by("channel", "-at", "-id")
    return Rows(rows.distinct("channel"), "id", "channel", "state", "proof", "at")


def people_of(person: User, key: str = "pk") -> Rows:
    """The contacts of a company by name; ``by_rung`` sorts them."""
    rows = Contact.objects.visible_to(person).standing().filter(company=OuterRef(key))[:MOST_PEOPLE]
    return Rows(rows, "id", "first_name", "last_name", "job_title", "level", "do_not_contact")


def by_rung(people: Iterable[Contact]) -> list[Contact]:
    """Highest rung of the ladder first; those without a rung last."""
    rungs = {level: rung for rung, level in enumerate(reversed(Contact.Level.values))}
    return sorted(people, key=lambda contact: rungs.get(contact.level, len(rungs)))


def deals_of_lead(person: User, lead: Lead, *, own: int, near: int) -> tuple[list[Deal], list[Deal]]:
    """The deals that came out of a lead, and those of its company: the first ``own`` and ``near``. One query."""
    seen = Deal.objects.visible_to(person)
    wanted = seen.filter(lead=lead.pk).values("pk")[:own]
    if lead.company_id:
        wanted = wanted.union(seen.filter(company=lead.company_id).values("pk")[:near])
    found = list(deals(person).filter(AnyOf(F("pk"), ArraySubquery(wanted))))
    return (
        [deal for deal in found if deal.lead_id == lead.pk][:own],
        [deal for deal in found if lead.company_id and deal.company_id == lead.company_id][:near],
    )


def reasons(kind: Reason.Kind) -> QuerySet[Reason]:
    """Those offered for an ending."""
    return Reason.objects.filter(kind=kind, is_active=True)


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal row with the name of who acted."""

    event: str
    at: datetime
    who: str
    changes: dict[str, list[Any]]
    object_type: str
    object_id: UUID


def history(records: Iterable[BaseModel], *, limit: int = 20, before: datetime | None = None) -> list[Entry]:
    """What was done to these records, newest first. The caller has shown that the reader sees them.

    ``before``: only what came before that moment.
    """
    wanted = Q(pk__in=[])
    for record in records:
        wanted |= Q(object_type=record._meta.label_lower, object_id=record.pk)
    rows = JournalEntry.objects.filter(wanted)
    if before is not None:
        rows = rows.filter(at__lt=before)
    named = User.objects.filter(pk=OuterRef("actor_id")).order_by().values("name")
    entries = rows.annotate(who=Subquery(named)).order_by("-position")[:limit]
    return [
        Entry(
            entry.event,
            entry.at,
            entry.who or "Tandem",
            entry.changes,
            entry.object_type,
            entry.object_id,
        )
        for entry in entries
    ]


# --- The board ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lane:
    """A stage with the first of its open deals, how many there are in all, and what they amount to per currency."""

    stage: Stage
    deals: list[Deal]
    number: int
    totals: list[tuple[str, Decimal]]

    @property
    def hidden(self) -> int:
        return self.number - len(self.deals)


def pipelines() -> QuerySet[Pipeline]:
    return Pipeline.objects.filter(is_active=True)


def board(rows: QuerySet[Deal], pipeline: Pipeline, *, per_stage: int) -> list[Lane]:
    """``rows`` (open deals that the reader sees) by the stages of ``pipeline``: three queries.

    Those that close first stand first; a stage shows ``per_stage`` of them at most.
    """
    here = rows.filter(stage__pipeline=pipeline, state=Deal.State.OPEN)
    place = Window(RowNumber(), partition_by=F("stage"), order_by=[F("close_on").asc(nulls_last=True), F("id").asc()])
    shown: dict[UUID, list[Deal]] = {}
    for deal in here.annotate(place=place).filter(place__lte=per_stage).order_by("stage", "place"):
        shown.setdefault(deal.stage_id, []).append(deal)
    sums = here.order_by().values("stage", "currency").annotate(number=Count("pk"), total=Sum("amount"))
    numbers: dict[UUID, int] = {}
    totals: dict[UUID, list[tuple[str, Decimal]]] = {}
    for row in sums:
        numbers[row["stage"]] = numbers.get(row["stage"], 0) + row["number"]
        if row["total"] is not None:
            totals.setdefault(row["stage"], []).append((row["currency"], row["total"]))
    return [
        Lane(stage, shown.get(stage.pk, []), numbers.get(stage.pk, 0), sorted(totals.get(stage.pk, [])))
        for stage in pipeline.stages.all()
    ]


# --- Saved views --------------------------------------------------------------------------------------------------------


def views(person: User, of: str) -> list[SavedView]:
    """One's own views of a list and those shared with everybody, one's own first."""
    rows = SavedView.objects.visible_to(person).filter(of=of).select_related("owner")
    return sorted(rows, key=lambda view: (view.owner_id != person.pk, view.name.casefold()))
