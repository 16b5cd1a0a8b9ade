"""Leads taken in: the person and the company found or made, then one selling effort on them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from typing_extensions import override

from crm.core import ids, policy
from crm.core.errors import Invalid
from leads.models import Company, Contact, Lead
from leads.policies import ASSIGN_LEADS
from leads.services.bulk import parts
from leads.services.bulk.companies import CompanyItem
from leads.services.bulk.contacts import ContactItem, Contacts, read_person
from leads.services.bulk.directory import among
from leads.services.bulk.items import Desk, Outcome, Taker
from leads.services.bulk.people import Colleagues
from leads.services.bulk.products import Offers
from leads.services.bulk.rows import make


@dataclass(slots=True)
class LeadItem:
    person: ContactItem
    external_id: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    product: str = ""
    campaign: str = ""
    owner: str = ""
    custom: dict[str, Any] = field(default_factory=dict)


class LeadTaker(Taker):
    """Rows that are enquiries. Two rows of one person are one lead, unless their ids or days of arrival say otherwise."""

    model = Lead

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.contacts, self.offers, self.colleagues = Contacts(desk), Offers(desk), Colleagues()
        self.may_assign = policy.may(desk.actor, ASSIGN_LEADS)

    @override
    def prepare(self, values: dict[str, Any]) -> LeadItem:
        options = self.desk.options
        # The id, the notes and the own fields are the lead's.
        person = read_person(
            {name: value for name, value in values.items() if name not in ("external_id", "notes", "custom")},
            options.country,
            options.currency,
        )
        if not (person.is_somebody or person.company):
            raise Invalid(_("A lead needs a person or a company."), field="full_name", code="required")
        person.company_values |= {
            "sector": parts.text(values, "sector", 80),
            "employees": parts.whole(values, "employees"),
        }
        worth, currency = parts.amount(values, "expected_value", options.currency)
        plain = {
            "source": parts.text(values, "source", 80),
            "expected_value": worth,
            "currency": currency,
            "needs_demo": values.get("needs_demo"),
            "notes": parts.long_text(values, "notes"),
            "arrived_at": values.get("arrived_at"),
        }
        return LeadItem(
            person,
            parts.text(values, "external_id", 200),
            plain,
            parts.text(values, "product", 120),
            parts.text(values, "campaign", 120),
            parts.text(values, "owner", 254),
            values.get("custom") or {},
        )

    @override
    def names(self, prepared: LeadItem) -> list[str]:
        return prepared.person.names

    @override
    def load(self, prepared: list[LeadItem]) -> None:
        self.contacts.load([item.person for item in prepared])
        self.offers.load({item.product for item in prepared}, {item.campaign for item in prepared})
        source, seen = self.desk.options.source, Lead.objects.defer("search_words").order_by("-arrived_at", "-id")

        def by_id(keys: list[Any]) -> Iterable[tuple[Hashable, Lead]]:
            return ((row.external_id, row) for row in seen.filter(among("external_id", keys), external_source=source))

        def by_contact(keys: list[Any]) -> Iterable[tuple[Hashable, Lead]]:
            return ((row.contact_id, row) for row in seen.visible_to(self.desk.actor).filter(among("contact_id", keys)))

        def by_company(keys: list[Any]) -> Iterable[tuple[Hashable, Lead]]:
            rows = seen.visible_to(self.desk.actor).filter(among("company_id", keys), contact=None)
            return ((row.company_id, row) for row in rows)

        directory = self.desk.directory
        directory.load("lead.id", {item.external_id for item in prepared if item.external_id}, by_id)
        directory.load("lead.contact", [row.id for row in directory.every(Contact)], by_contact)
        alone = [item.person.company for item in prepared if not item.person.is_somebody]
        there = [row.id for name in alone for row in directory.find("company.name", parts.company_key(name))]
        directory.load("lead.company", there, by_company)

    @override
    def take(self, prepared: LeadItem) -> tuple[Outcome, Lead]:
        person, options = prepared.person, self.desk.options
        if person.company:
            self.contacts.companies.refuse_unknown_id(person.company)
        self.offers.check(prepared.product, prepared.campaign)
        company, contact = self._present(person)
        found = self._find(prepared, company, contact)
        if found is not None and options.duplicates == "create" and not prepared.external_id:
            found = None
        if found is not None and options.duplicates == "skip":
            return "skipped", found
        self.desk.own.check(prepared.custom, found)
        company = company or self.contacts.company_of(person)
        touched = self._put_person(person, contact, company)
        contact, changed = touched
        if found is None:
            return "created", self._make(prepared, contact, company)
        changed = self._update(found, prepared) or changed
        return ("updated" if changed else "unchanged"), found

    def _present(self, person: ContactItem) -> tuple[Company | None, Contact | None]:
        """Company and contact as far as they are there."""
        company = None
        if person.company:
            by_id = self.desk.directory.find("company.id", person.company)
            company = (
                by_id[0] if by_id else self.contacts.companies.find(CompanyItem(person.company, place=person.place))
            )
        return company, self.contacts.find(person, company) if person.is_somebody else None

    def _find(self, item: LeadItem, company: Company | None, contact: Contact | None) -> Lead | None:
        directory = self.desk.directory
        if item.external_id and (found := directory.find("lead.id", item.external_id)):
            lead: Lead = found[0]
            if not self._sees(lead):
                raise Invalid(_("Another record has this external id."), field="external_id", code="already_exists")
            return lead
        if contact is not None:
            candidates = directory.find("lead.contact", contact.id)
        elif company is not None and not item.person.is_somebody:
            candidates = directory.find("lead.company", company.id)
        else:
            return None
        same = [lead for lead in candidates if not self._differs(lead, item)]
        return next((lead for lead in same if lead.is_open), None) or next(iter(same), None)

    def _sees(self, lead: Lead) -> bool:
        return lead._state.adding or Lead.objects.visible_to(self.desk.actor).filter(pk=lead.id).exists()

    def _differs(self, lead: Lead, item: LeadItem) -> bool:
        """Whether an effort on the same person is another one: another id of the same system, or another arrival."""
        if item.external_id and lead.external_id and lead.external_source == self.desk.options.source:
            return True
        arrived = item.values["arrived_at"]
        return arrived is not None and lead.arrived_at != arrived and not lead.is_open

    def _put_person(
        self, person: ContactItem, contact: Contact | None, company: Company | None
    ) -> tuple[Contact | None, bool]:
        if not person.is_somebody:
            return None, False
        if contact is None:
            return self.contacts.make(person, company), True
        return contact, self.contacts.update(contact, person, company)

    def _make(self, item: LeadItem, contact: Contact | None, company: Company | None) -> Lead:
        product, campaign = self.offers.product(item.product), self.offers.campaign(item.campaign)
        site = parts.main_site(company) if company else None
        lead = make(
            Lead,
            id=ids.uuid7(),
            contact_id=contact.id if contact else None,
            company_id=company.id if company else contact.company_id if contact else None,
            site_id=site.id if site else None,
            product_id=product.id if product else None,
            campaign_id=campaign.id if campaign else None,
            owner_id=self._owner(item),
            channel=self.desk.options.channel,
            external_source=self.desk.options.source if item.external_id else "",
            external_id=item.external_id,
            custom=item.custom,
            created_at=self.desk.now,
            updated_at=self.desk.now,
            **(
                {name: value for name, value in item.values.items() if value is not None}
                | {"arrived_at": item.values["arrived_at"] or self.desk.now}
            ),
        )
        self.desk.writing.add(lead)
        self._register(lead)
        return lead

    def _owner(self, item: LeadItem) -> Any:
        """The colleague named; whoever may not assign can only name themselves. Else routing decides."""
        owner = self.colleagues.find(item.owner) if item.owner else None
        return owner if self.may_assign or owner == self.desk.actor.pk else None

    def _register(self, lead: Lead) -> None:
        directory = self.desk.directory
        if lead.external_id:
            directory.add("lead.id", lead.external_id, lead)
        if lead.contact_id:
            directory.add("lead.contact", lead.contact_id, lead)
        elif lead.company_id:
            directory.add("lead.company", lead.company_id, lead)

    def _update(self, lead: Lead, item: LeadItem) -> bool:
        product, campaign = self.offers.product(item.product), self.offers.campaign(item.campaign)
        values = dict(item.values)
        if item.external_id and not lead.external_id:
            values |= {"external_source": self.desk.options.source, "external_id": item.external_id}
        values |= {"product_id": product.id} if product else {}
        values |= {"campaign_id": campaign.id} if campaign else {}
        if item.custom:
            values["custom"] = {**lead.custom, **item.custom}
        before = self.desk.writing.fill(lead, values)
        if before:
            self.desk.directory.touch(lead)
            self._register(lead)
        return bool(before)
