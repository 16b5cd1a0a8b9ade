"""Deals taken in: found by their id elsewhere, else by name and company; stages by name or by what people call them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from typing_extensions import override

from crm.core import ids
from crm.core.errors import Invalid
from crm.core.text import fold
from leads import normal
from leads.models import Company, Contact, Deal, DealLine, Email, Reason, Stage, StageChange
from leads.services.bulk import parts
from leads.services.bulk.companies import Companies, CompanyItem
from leads.services.bulk.directory import among
from leads.services.bulk.items import Desk, Outcome, Taker
from leads.services.bulk.people import Colleagues
from leads.services.bulk.products import Offers
from leads.services.bulk.rows import make

# What other systems and people call the end of a deal, and how far along a stage is (0 first, 1 last open one).
WON = frozenset("won closedwon gagne gagnee signe signee menang win".split())
LOST = frozenset("lost closedlost perdu perdue kalah abandoned abandonne dead".split())
PROGRESS = {
    "prospecting": 0.0, "new": 0.0, "open": 0.0, "prospection": 0.0, "prospek": 0.0, "lead": 0.0, "appointmentscheduled": 0.0,
    "qualification": 0.2, "qualified": 0.2, "qualifiedtobuy": 0.2, "engaging": 0.35, "contacted": 0.2, "contactmade": 0.2,
    "needsanalysis": 0.35, "discovery": 0.35, "demo": 0.4, "demoscheduled": 0.4, "presentationscheduled": 0.4, "valueproposition": 0.45,
    "iddecisionmakers": 0.5, "perceptionanalysis": 0.55, "decisionmakerboughtin": 0.6, "proposal": 0.7, "proposalpricequote": 0.7,
    "proposalmade": 0.7, "quote": 0.7, "offer": 0.7, "offre": 0.7, "devis": 0.7, "penawaran": 0.7, "contractsent": 0.85,
    "negotiation": 1.0, "negotiationreview": 1.0, "negotiationsstarted": 1.0, "negociation": 1.0, "negosiasi": 1.0,
}  # fmt: skip


@dataclass(slots=True)
class DealItem:
    name: str
    external_id: str = ""
    company: str = ""
    contact_email: str = ""
    product: str = ""
    stage: str = ""
    owner: str = ""
    reason: str = ""
    amount: Decimal | None = None
    currency: str = ""
    opened_on: date | None = None
    close_on: date | None = None
    values: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a deal is: a stage, and whether it is over."""

    stage: Stage
    state: str


class Stages:
    """The stages of the first pipeline in use, by what a file calls them."""

    @property
    def names(self) -> list[str]:
        """What they are called, in their order; none without a pipeline."""
        return [stage.name for stage in self._stages if stage.pipeline_id == self._stages[0].pipeline_id]

    @cached_property
    def _stages(self) -> list[Stage]:
        stages = Stage.objects.filter(pipeline__is_active=True).order_by(
            "pipeline__position", "pipeline__name", "position"
        )
        return list(stages.select_related("pipeline"))

    @cached_property
    def _first(self) -> list[Stage]:
        if not self._stages:
            raise Invalid(_("There is no pipeline yet. Make one in the settings."), field="stage", code="no_pipeline")
        return [stage for stage in self._stages if stage.pipeline_id == self._stages[0].pipeline_id]

    def find(self, written: str) -> Standing:
        """The place of a deal. Raises ``Invalid`` (``unknown_stage``) and names the stages there are."""
        word = normal.product_key(written)
        own = next((stage for stage in self._stages if normal.product_key(stage.name) == word), None)
        if word in WON:
            return Standing(own or self._first[-1], Deal.State.WON)
        if word in LOST:
            return Standing(own or self._first[-1], Deal.State.LOST)
        if own is not None or not word:
            return Standing(own or self._first[0], Deal.State.OPEN)
        if word in PROGRESS:
            open_stages = [stage for stage in self._first if stage.probability < 100] or self._first
            return Standing(open_stages[round(PROGRESS[word] * (len(open_stages) - 1))], Deal.State.OPEN)
        known = ", ".join(stage.name for stage in self._first)
        detail = _("There is no stage “%(name)s”. There are: %(known)s.")
        raise Invalid(detail % {"name": written[:40], "known": known}, field="stage", code="unknown_stage")


class DealTaker(Taker):
    """Rows of a pipeline."""

    model = Deal

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.companies, self.offers, self.colleagues, self.stages = (
            Companies(desk),
            Offers(desk),
            Colleagues(),
            Stages(),
        )

    @override
    def prepare(self, values: dict[str, Any]) -> DealItem:
        worth, currency = parts.amount(values, "amount", self.desk.options.currency)
        company, product = parts.text(values, "company", 200), parts.text(values, "product", 120)
        external_id = parts.text(values, "external_id", 200)
        name = parts.text(values, "name", 200) or " · ".join(filter(None, (company, product)))[:200] or external_id
        if not name:
            raise Invalid(_("A deal needs a name, a company or an id."), field="name", code="required")
        owner = parts.text(values, "owner", 254)
        return DealItem(
            name,
            external_id,
            company,
            parts.email(values, "contact_email"),
            product,
            parts.text(values, "stage", 80),
            owner,
            parts.text(values, "reason", 80),
            worth,
            currency,
            values.get("opened_on"),
            values.get("close_on"),
            {"competitor": parts.text(values, "competitor", 120), "notes": self._notes(values, owner)},
            values.get("custom") or {},
        )

    def _notes(self, values: dict[str, Any], owner: str) -> str:
        """The notes; an owner who is no colleague here is written down in them instead of lost."""
        notes = parts.long_text(values, "notes")
        if owner and self.colleagues.find(owner) is None:
            line = _("Owner in the file: %(name)s") % {"name": owner}
            return f"{notes}\n\n{line}".strip()
        return notes

    @override
    def names(self, prepared: DealItem) -> list[str]:
        return [f"company {parts.company_key(prepared.company)}"] if prepared.company else []

    @override
    def load(self, prepared: list[DealItem]) -> None:
        names = {item.company for item in prepared}
        self.companies.load(names, names)
        self.offers.load({item.product for item in prepared})
        directory, source, rows = (
            self.desk.directory,
            self.desk.options.source,
            Deal.objects.defer("search_words").order_by("-created_at", "-id"),
        )

        def by_id(keys: list[Any]) -> Iterable[tuple[Hashable, Deal]]:
            return ((row.external_id, row) for row in rows.filter(among("external_id", keys), external_source=source))

        def by_name(keys: list[Any]) -> Iterable[tuple[Hashable, Deal]]:
            seen = rows.visible_to(self.desk.actor).filter(among("name", keys))
            return ((row.name, row) for row in seen)

        def by_email(keys: list[Any]) -> Iterable[tuple[Hashable, Contact | None]]:
            found = Email.objects.filter(among("key", keys), contact__merged_into=None).exclude(contact=None)
            return ((row.key, row.contact) for row in found.select_related("contact"))

        directory.load("deal.id", {item.external_id for item in prepared if item.external_id}, by_id)
        directory.load("deal.name", {item.name for item in prepared if not item.external_id}, by_name)
        directory.load(
            "contact.email", {normal.email_key(item.contact_email) for item in prepared if item.contact_email}, by_email
        )
        self._load_lines(directory.every(Deal))

    def _load_lines(self, deals: list[Deal]) -> None:
        bare = {deal.id: deal for deal in deals if not hasattr(deal, "product_ids")}
        for deal in bare.values():
            deal.product_ids = set()  # type: ignore[attr-defined]
        if bare:
            for deal_id, product_id in DealLine.objects.filter(among("deal_id", bare)).values_list(
                "deal_id", "product_id"
            ):
                bare[deal_id].product_ids.add(product_id)  # type: ignore[attr-defined]

    @override
    def take(self, prepared: DealItem) -> tuple[Outcome, Deal]:
        if prepared.company:
            self.companies.refuse_unknown_id(prepared.company)
        standing = self.stages.find(prepared.stage)
        self.offers.check(prepared.product)
        self._check_days(prepared, standing)
        found = self._find(prepared)
        if found is not None and self.desk.options.duplicates == "create" and not prepared.external_id:
            found = None
        if found is not None and self.desk.options.duplicates == "skip":
            return "skipped", found
        self.desk.own.check(prepared.custom, found)
        company = self.companies.named(prepared.company) if prepared.company else None
        if found is None:
            return "created", self._make(prepared, standing, company)
        return ("updated" if self._update(found, prepared, standing, company) else "unchanged"), found

    def _check_days(self, item: DealItem, standing: Standing) -> None:
        if standing.state != Deal.State.OPEN and item.opened_on and item.close_on and item.close_on < item.opened_on:
            raise Invalid(_("It was closed before it was opened."), field="close_on", code="closed_before_opened")

    def _find(self, item: DealItem) -> Deal | None:
        directory = self.desk.directory
        if item.external_id:
            found = directory.find("deal.id", item.external_id)
            if found and not (
                found[0]._state.adding or Deal.objects.visible_to(self.desk.actor).filter(pk=found[0].id).exists()
            ):
                raise Invalid(_("Another record has this external id."), field="external_id", code="already_exists")
            return found[0] if found else None
        company = self._present(item)
        for deal in directory.find("deal.name", item.name):
            if deal.company_id == (company.id if company else None):
                return deal  # type: ignore[no-any-return]
        return None

    def _present(self, item: DealItem) -> Company | None:
        if not item.company:
            return None
        by_id = self.desk.directory.find("company.id", item.company)
        return by_id[0] if by_id else self.companies.find(CompanyItem(item.company))

    def _make(self, item: DealItem, standing: Standing, company: Company | None) -> Deal:
        contact = (
            next(iter(self.desk.directory.find("contact.email", normal.email_key(item.contact_email))), None)
            if item.contact_email
            else None
        )
        reason = self._reason(item, standing)
        closed = self._closed_on(item, standing)
        opened = item.opened_on or (min(closed, self.desk.now.date()) if closed else self.desk.now.date())
        deal = make(
            Deal,
            id=ids.uuid7(),
            name=item.name,
            company_id=company.id if company else None,
            contact_id=contact.id if contact else None,
            owner_id=self.colleagues.find(item.owner) if item.owner else self.desk.actor.pk,
            stage_id=standing.stage.pk,
            motion=standing.stage.pipeline.motion,
            state=standing.state,
            stage_since=_moment(closed or opened),
            amount=item.amount,
            currency=item.currency,
            opened_on=opened,
            close_on=item.close_on,
            closed_on=closed,
            reason_id=reason.pk if reason else None,
            external_source=self.desk.options.source if item.external_id else "",
            external_id=item.external_id,
            custom=item.custom,
            created_at=self.desk.now,
            updated_at=self.desk.now,
            **item.values,
        )
        deal.product_ids = set()  # type: ignore[attr-defined]
        self.desk.writing.add(deal)
        self._record_stage(deal, _moment(closed or opened))
        self._add_line(deal, item)
        self._register(deal)
        return deal

    def _record_stage(self, deal: Deal, at: datetime) -> None:
        change = make(
            StageChange, deal_id=deal.id, stage_id=deal.stage_id, state=deal.state, at=at, by_id=self.desk.actor.pk
        )
        self.desk.writing.add(change)

    def _closed_on(self, item: DealItem, standing: Standing) -> date | None:
        return None if standing.state == Deal.State.OPEN else item.close_on or item.opened_on or self.desk.now.date()

    def _reason(self, item: DealItem, standing: Standing) -> Reason | None:
        """A reason of the organisation's list; another one is not made by an import."""
        if not item.reason or standing.state == Deal.State.OPEN:
            return None
        return self._reasons.get((standing.state, fold(item.reason)))

    @cached_property
    def _reasons(self) -> dict[tuple[str, str], Reason]:
        return {(reason.kind, fold(reason.label)): reason for reason in Reason.objects.filter(kind__in=["won", "lost"])}

    def _add_line(self, deal: Any, item: DealItem) -> bool:
        product = self.offers.product(item.product)
        if product is None or product.id in deal.product_ids:
            return False
        price = item.amount if item.amount is not None else product.price or Decimal(0)
        self.desk.writing.add(make(DealLine, deal_id=deal.id, product_id=product.id, unit_price=price))
        deal.product_ids.add(product.id)
        return True

    def _register(self, deal: Deal) -> None:
        if deal.external_id:
            self.desk.directory.add("deal.id", deal.external_id, deal)
        else:
            self.desk.directory.add("deal.name", deal.name, deal)

    def _update(self, deal: Deal, item: DealItem, standing: Standing, company: Company | None) -> bool:
        writing = self.desk.writing
        values = {**item.values, "name": item.name, "amount": item.amount, "currency": item.currency}
        values |= {"opened_on": item.opened_on, "close_on": item.close_on}
        values |= {"company_id": company.id} if company else {}
        if item.owner and (owner := self.colleagues.find(item.owner)):
            values["owner_id"] = owner
        if item.custom:
            values["custom"] = {**deal.custom, **item.custom}
        changed = bool(writing.fill(deal, values))
        if item.stage and (standing.stage.pk, standing.state) != (deal.stage_id, deal.state):
            self._move(deal, item, standing)
            changed = True
        if self._add_line(deal, item) and not changed:
            writing.change(deal, {})
            changed = True
        if changed:
            self.desk.directory.touch(deal)
            self._register(deal)
        return changed

    def _move(self, deal: Deal, item: DealItem, standing: Standing) -> None:
        before = {name: getattr(deal, name) for name in ("stage_id", "state", "closed_on", "reason_id", "stage_since")}
        reason = self._reason(item, standing)
        deal.stage_id, deal.state = standing.stage.pk, standing.state
        deal.closed_on = self._closed_on(item, standing)
        deal.reason_id = reason.pk if reason else None
        deal.stage_since = self.desk.now
        self.desk.writing.change(deal, before)
        self._record_stage(deal, self.desk.now)


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
