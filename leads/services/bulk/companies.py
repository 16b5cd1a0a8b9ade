"""Companies taken in: found by their id elsewhere, else by their name where nothing speaks against it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from typing_extensions import override

from crm.core import ids
from crm.core.errors import Invalid
from leads import normal
from leads.duplicates import stored
from leads.models import Company
from leads.services.bulk import parts
from leads.services.bulk.directory import among
from leads.services.bulk.items import Desk, Outcome, Taker
from leads.services.bulk.rows import make

# Salesforce's ids: 15 or 18 letters and digits, some of them digits.
_ID_LENGTHS = (15, 18)


@dataclass(slots=True)
class CompanyItem:
    name: str
    external_id: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    place: parts.Place = field(default_factory=parts.Place)
    phone: normal.Number | None = None
    email: str = ""
    parent: str = ""
    owner: str = ""
    custom: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return parts.company_key(self.name)


class Companies:
    """Finding and making companies: for their own rows, and for those of contacts, leads and deals that name one."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def load(self, names: Iterable[str], external_ids: Iterable[str]) -> None:
        """Everything that goes by these names or ids, with main sites and ways to reach."""
        directory, source = self.desk.directory, self.desk.options.source
        known = Company.objects.defer("search_words").order_by(
            "created_at", "id"
        )  # a merged one leads to the one that was kept

        def by_id(keys: list[Any]) -> Iterable[tuple[Hashable, Company]]:
            rows = stored.standing_for(known.filter(among("external_id", keys), external_source=source))
            return ((row.external_id, kept) for row, kept in rows)

        def by_name(keys: list[Any]) -> Iterable[tuple[Hashable, Company]]:
            return ((row.name_key, kept) for row, kept in stored.standing_for(known.filter(among("name_key", keys))))

        directory.load("company.id", filter(None, external_ids), by_id)
        directory.load("company.name", filter(None, map(parts.company_key, names)), by_name)
        found = directory.every(Company)
        parts.load_reaches(found, "company")
        parts.load_sites(found)

    def find(self, item: CompanyItem) -> Company | None:
        """The one meant: by its id; else by name, unless both sides have ids of one system or stand in different countries."""
        directory = self.desk.directory
        if item.external_id and (found := directory.find("company.id", item.external_id)):
            return found[0]  # type: ignore[no-any-return]
        candidates = [each for each in directory.find("company.name", item.key) if not self._differs(each, item)]
        return max(candidates, key=lambda each: self._nearness(each, item), default=None)

    def _differs(self, company: Company, item: CompanyItem) -> bool:
        """Whether something says that an equal name is another company."""
        if item.external_id and company.external_source == self.desk.options.source and company.external_id:
            return True
        site = parts.main_site(company)
        there, here = (site.country if site else ""), item.place.country
        return bool(there and here and there != here)

    def _nearness(self, company: Company, item: CompanyItem) -> int:
        site = parts.main_site(company)
        if site is None:
            return 0
        same_code = bool(site.postal_code) and normal.postal_key(site.postal_code) == normal.postal_key(
            item.place.postal_code
        )
        return 2 * same_code + int(site.city == item.place.city)

    def named(self, written: str, place: parts.Place | None = None, **values: Any) -> Company:
        """The company of that name or id; made when there is none. ``refuse_unknown_id`` comes before."""
        item = CompanyItem(written, place=place or parts.Place(), values=values)
        by_id = self.desk.directory.find("company.id", written)
        if by_id:
            return by_id[0]  # type: ignore[no-any-return]
        found = self.find(item)
        if found is None:
            found = self.make(item)
            found.is_only_named = True  # type: ignore[attr-defined]
        return found

    def refuse_unknown_id(self, written: str, field_name: str = "company") -> None:
        """An id of another system is no name: without its company here it is refused, not turned into a company."""
        is_id = (
            len(written) in _ID_LENGTHS
            and written.isalnum()
            and written.isascii()
            and sum(map(str.isdigit, written)) >= 3
        )
        if is_id and not self.desk.directory.find("company.id", written):
            detail = _("No company has the id “%(id)s”. Bring the companies first.")
            raise Invalid(detail % {"id": written}, field=field_name, code="unknown_company")

    def make(self, item: CompanyItem) -> Company:
        options, now = self.desk.options, self.desk.now
        company = make(
            Company,
            id=ids.uuid7(),
            name=item.name,
            name_key=item.key[:200],
            external_source=options.source if item.external_id else "",
            external_id=item.external_id,
            created_at=now,
            updated_at=now,
            custom=item.custom,
            **{name: value for name, value in item.values.items() if value is not None},
        )
        company.reaches, company.places = parts.Reaches(), []  # type: ignore[attr-defined]
        self.desk.writing.add(company)
        parts.put_place(self.desk.writing, company, item.place)
        parts.add_phone(self.desk.writing, company, "company", item.phone, "work")
        parts.add_email(self.desk.writing, company, "company", item.email)
        self.register(company, item)
        return company

    def register(self, company: Company, item: CompanyItem) -> None:
        directory = self.desk.directory
        if company.external_id and company.external_source == self.desk.options.source:
            directory.add("company.id", company.external_id, company)
        directory.add("company.name", company.name_key, company)

    def update(self, company: Company, item: CompanyItem) -> bool:
        """Put what the item knows into the company; True when that changed anything."""
        writing = self.desk.writing
        values = dict(item.values)
        if item.external_id and not company.external_id:
            values |= {"external_source": self.desk.options.source, "external_id": item.external_id}
        if item.custom:
            values["custom"] = {**company.custom, **item.custom}
        if item.name != company.name:
            values |= {"name": item.name, "name_key": item.key[:200]}
        changed = bool(writing.fill(company, values))
        within = [
            parts.put_place(writing, company, item.place),
            parts.add_phone(writing, company, "company", item.phone, "work"),
            parts.add_email(writing, company, "company", item.email),
        ]
        if any(within) and not changed:
            writing.change(company, {})
        if changed or any(within):
            self.desk.directory.touch(company)
            self.register(company, item)
        return changed or any(within)


class CompanyTaker(Taker):
    """Rows that are companies themselves."""

    model = Company

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.companies = Companies(desk)

    @override
    def prepare(self, values: dict[str, Any]) -> CompanyItem:
        options = self.desk.options
        name = parts.text(values, "name", 200)
        if not name:
            raise Invalid(_("A company needs a name."), field="name", code="required")
        revenue, currency = parts.amount(values, "annual_revenue", options.currency)
        website = parts.url(values, "website")
        place = parts.place(values, options.country)
        plain = {
            "website": website,
            "domain": normal.domain_of(website) if website else "",
            "sector": parts.text(values, "sector", 80),
            "employees": parts.whole(values, "employees"),
            "annual_revenue": revenue,
            "currency": currency,
            "founded_year": parts.whole(values, "founded_year", least=1000, most=2200),
            "tier": tier(parts.text(values, "tier", 40)),
            "notes": parts.long_text(values, "notes"),
        }
        return CompanyItem(
            name,
            parts.text(values, "external_id", 200),
            plain,
            place,
            parts.phone(values, "phone", place.country or options.country),
            parts.email(values, "email"),
            parts.text(values, "parent", 200),
            parts.text(values, "owner", 254),
            values.get("custom") or {},
        )

    @override
    def names(self, prepared: CompanyItem) -> list[str]:
        named = [f"company {parts.company_key(name)}" for name in (prepared.name, prepared.parent) if name]
        return [*named, f"domain {prepared.values['domain']}"] if prepared.values["domain"] else named

    @override
    def load(self, prepared: list[CompanyItem]) -> None:
        parents = {item.parent for item in prepared}
        self.companies.load(
            {item.name for item in prepared} | parents, {item.external_id for item in prepared} | parents
        )

    @override
    def take(self, prepared: CompanyItem) -> tuple[Outcome, Company]:
        options = self.desk.options
        if prepared.parent:
            self.companies.refuse_unknown_id(prepared.parent, "parent")
        found = self.companies.find(prepared)
        if found is not None and options.duplicates == "create" and not prepared.external_id:
            found = None
        is_first = found is None or getattr(found, "is_only_named", False)
        if found is not None and not is_first and options.duplicates == "skip":
            return "skipped", found
        self.desk.own.check(prepared.custom, found)
        company = found or self.companies.make(prepared)
        company.is_only_named = False  # type: ignore[attr-defined]
        changed = self.companies.update(company, prepared) if found else True
        changed = self._put_under(company, prepared.parent) or changed
        self.desk.directory.touch(company)
        return ("created" if is_first else "updated" if changed else "unchanged"), company

    def _put_under(self, company: Company, parent: str) -> bool:
        """Make ``company`` part of the one named; True when it was not before."""
        if not parent:
            return False
        above = self.companies.named(parent)
        if above.id in (company.id, company.parent_id) or self._is_below(above, company.id):
            return False
        before = company.parent_id
        company.parent_id = above.id
        self.desk.writing.change(company, {"parent_id": before})
        self.desk.directory.touch(company)
        return True

    def _is_below(self, company: Company, other: UUID) -> bool:
        """Whether ``company`` is already part of ``other``, as far as this chunk knows: two cannot be part of each other."""
        return company.parent_id == other


def tier(written: str) -> str:
    """Salesforce's Hot, Warm and Cold are A, B and C."""
    known = {"a": "A", "b": "B", "c": "C", "hot": "A", "warm": "B", "cold": "C"}
    if written and written.lower() not in known:
        raise Invalid(_("Choose from: %(choices)s.") % {"choices": "A, B, C"}, field="tier", code="unknown_choice")
    return known.get(written.lower(), "")
