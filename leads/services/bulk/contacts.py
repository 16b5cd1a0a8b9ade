"""Contacts taken in: found by their id elsewhere, an e-mail address, a number with the name, or name and company."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from typing_extensions import override

from crm.core import ids
from crm.core.errors import Invalid
from leads import normal
from leads.duplicates import stored
from leads.models import Company, Contact, Email, Phone
from leads.services.bulk import parts
from leads.services.bulk.companies import Companies, CompanyItem
from leads.services.bulk.directory import among
from leads.services.bulk.items import Desk, Outcome, Taker
from leads.services.bulk.rows import make

LEVELS = {value.replace("_", ""): value for value in Contact.Level.values}


@dataclass(slots=True)
class ContactItem:
    first_name: str = ""
    last_name: str = ""
    external_id: str = ""
    company: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    place: parts.Place = field(default_factory=parts.Place)
    phones: list[tuple[normal.Number, str]] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    company_values: dict[str, Any] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return parts.name_key(f"{self.first_name} {self.last_name}")

    @property
    def names(self) -> list[str]:
        """What another door may know the same person or company by at this moment."""
        found = [f"email {normal.email_key(address)}" for address in self.emails]
        found += [f"phone {number.number}" for number, _kind in self.phones]
        if self.company:
            found.append(f"company {parts.company_key(self.company)}")
        if domain := self.company_values.get("domain"):
            found.append(f"domain {domain}")
        return found

    @property
    def is_somebody(self) -> bool:
        return bool(self.first_name or self.last_name or self.emails or self.phones)


def read_person(values: dict[str, Any], country: str, currency: str) -> ContactItem:
    """A person's normal forms. Raises ``Invalid``."""
    first, last = _names(values)
    place = parts.place(values, country)
    plan = place.country or country
    numbers = [
        (parts.phone(values, name, plan), kind)
        for name, kind in (("phone", "work"), ("mobile", "mobile"), ("phone_2", "other"))
    ]
    emails = [address for name in ("email", "email_2") if (address := parts.email(values, name))]
    website = parts.url(values, "website")
    return ContactItem(
        first_name=first,
        last_name=last,
        external_id=parts.text(values, "external_id", 200),
        company=parts.text(values, "company", 200),
        values={
            "job_title": parts.text(values, "job_title", 160),
            "level": level(parts.text(values, "level", 40)),
            "language": _language(parts.text(values, "language", 40)),
            "notes": parts.long_text(values, "notes"),
        },
        place=place,
        phones=[(number, kind) for number, kind in numbers if number is not None],
        emails=emails,
        company_values={"website": website, "domain": normal.domain_of(website) if website else ""},
        custom=values.get("custom") or {},
    )


def _names(values: dict[str, Any]) -> tuple[str, str]:
    """First and last name; a full name alone is parted at its last blank ("Doe, John" at the comma)."""
    first, last = parts.text(values, "first_name", 100), parts.text(values, "last_name", 100)
    full = parts.text(values, "full_name", 200)
    if first or last or not full:
        return first, last
    if full.count(",") == 1:
        last, _comma, first = full.partition(",")
    else:
        first, _blank, last = full.rpartition(" ")
    first, last = first.strip(), last.strip()
    if len(first) > 100 or len(last) > 100:
        raise Invalid(_("This name is too long."), field="full_name", code="too_long")
    return first, last


def level(written: str) -> str:
    if not written:
        return ""
    found = LEVELS.get("".join(filter(str.isalpha, written.lower())))
    if found is None:
        raise Invalid(
            _("Choose from: %(choices)s.") % {"choices": ", ".join(Contact.Level.values)},
            field="level",
            code="unknown_choice",
        )
    return found


def _language(written: str) -> str:
    """A language tag; a name in letters is left as it is where it fits."""
    tag = written.replace("_", "-")
    if len(tag) > 12:
        raise Invalid(_("Write the language as its code, such as fr."), field="language", code="unknown_language")
    return tag.lower()


class Contacts:
    """Finding and making contacts: for their own rows and for those of leads."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.companies = Companies(desk)

    def load(self, items: list[ContactItem]) -> None:
        self.companies.load({item.company for item in items}, {item.company for item in items})
        directory, source = self.desk.directory, self.desk.options.source
        standing = Contact.objects.standing().defer("search_words").order_by("created_at", "id")

        def by_id(keys: list[Any]) -> Iterable[tuple[Hashable, Contact]]:
            rows = Contact.objects.filter(among("external_id", keys), external_source=source)
            rows = rows.defer("search_words").order_by("created_at", "id")
            return ((row.external_id, kept) for row, kept in stored.standing_for(rows))  # merged ones lead to the kept

        def by_name(keys: list[Any]) -> Iterable[tuple[Hashable, Contact]]:
            return ((row.name_key, row) for row in standing.filter(among("name_key", keys)))

        def by_email(keys: list[Any]) -> Iterable[tuple[Hashable, Contact | None]]:
            rows = Email.objects.filter(among("key", keys), contact__merged_into=None).exclude(contact=None)
            return ((row.key, row.contact) for row in rows.select_related("contact").order_by("created_at", "id"))

        def by_phone(keys: list[Any]) -> Iterable[tuple[Hashable, Contact | None]]:
            rows = Phone.objects.filter(among("number", keys), contact__merged_into=None).exclude(contact=None)
            return ((row.number, row.contact) for row in rows.select_related("contact").order_by("created_at", "id"))

        directory.load("contact.id", {item.external_id for item in items if item.external_id}, by_id)
        directory.load(
            "contact.email", {normal.email_key(address) for item in items for address in item.emails}, by_email
        )
        directory.load("contact.phone", {number.number for item in items for number, _kind in item.phones}, by_phone)
        # Names alone only where nothing better is known: common names would bring half the table.
        plain = {item.key for item in items if item.key and not item.emails}
        directory.load("contact.name", plain, by_name)
        parts.load_reaches(directory.every(Contact), "contact")

    def find(self, item: ContactItem, company: Company | None) -> Contact | None:
        directory = self.desk.directory
        if item.external_id and (found := directory.find("contact.id", item.external_id)):
            return found[0]  # type: ignore[no-any-return]
        for address in item.emails:
            if found := self._possible(directory.find("contact.email", normal.email_key(address)), item):
                return found[0]
        for number, _kind in item.phones:
            for each in self._possible(directory.find("contact.phone", number.number), item):
                if not item.key or each.name_key in ("", item.key):
                    return each
        return self._by_name(item, company)

    def _possible(self, candidates: list[Contact], item: ContactItem) -> list[Contact]:
        """Without those that the same system knows under another id."""
        source = self.desk.options.source
        return [
            each
            for each in candidates
            if not (item.external_id and each.external_source == source and each.external_id)
        ]

    def _by_name(self, item: ContactItem, company: Company | None) -> Contact | None:
        """A namesake at the same company, when the item has no address that would tell them apart."""
        if not item.key or item.emails:
            return None
        company_id = company.id if company else None
        for each in self._possible(self.desk.directory.find("contact.name", item.key), item):
            other_number = bool(item.phones) and bool(each.reaches.phones)  # type: ignore[attr-defined]
            if each.company_id == company_id and not other_number:
                return each
        return None

    def make(self, item: ContactItem, company: Company | None) -> Contact:
        options, now = self.desk.options, self.desk.now
        contact = make(
            Contact,
            id=ids.uuid7(),
            company_id=company.id if company else None,
            first_name=item.first_name,
            last_name=item.last_name,
            name_key=item.key[:220],
            external_source=options.source if item.external_id else "",
            external_id=item.external_id,
            custom=item.custom,
            created_at=now,
            updated_at=now,
            **item.values,
        )
        contact.reaches = parts.Reaches()  # type: ignore[attr-defined]
        self.desk.writing.add(contact)
        self._reach(contact, item)
        self.register(contact)
        return contact

    def _reach(self, contact: Contact, item: ContactItem) -> bool:
        writing = self.desk.writing
        added = [parts.add_phone(writing, contact, "contact", number, kind) for number, kind in item.phones]
        added += [parts.add_email(writing, contact, "contact", address) for address in item.emails]
        return any(added)

    def register(self, contact: Contact) -> None:
        directory = self.desk.directory
        if contact.external_id and contact.external_source == self.desk.options.source:
            directory.add("contact.id", contact.external_id, contact)
        if contact.name_key:
            directory.add("contact.name", contact.name_key, contact)
        for address in contact.reaches.emails:  # type: ignore[attr-defined]
            directory.add("contact.email", address, contact)
        for number, _extension in contact.reaches.phones:  # type: ignore[attr-defined]
            directory.add("contact.phone", number, contact)

    def update(self, contact: Contact, item: ContactItem, company: Company | None) -> bool:
        values = dict(item.values)
        if item.first_name or item.last_name:
            values |= {"first_name": item.first_name, "last_name": item.last_name, "name_key": item.key[:220]}
        if company is not None:
            values["company_id"] = company.id
        if item.external_id and not contact.external_id:
            values |= {"external_source": self.desk.options.source, "external_id": item.external_id}
        if item.custom:
            values["custom"] = {**contact.custom, **item.custom}
        changed = bool(self.desk.writing.fill(contact, values))
        reached = self._reach(contact, item)
        if reached and not changed:
            self.desk.writing.change(contact, {})
        if changed or reached:
            self.desk.directory.touch(contact)
            self.register(contact)
        return changed or reached

    def company_of(self, item: ContactItem) -> Company | None:
        """The company an item names, made where there is none."""
        if not item.company:
            return None
        known = {name: value for name, value in item.company_values.items() if value}
        return self.companies.named(item.company, item.place, **known)


class ContactTaker(Taker):
    """Rows that are people."""

    model = Contact

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.contacts = Contacts(desk)

    @override
    def prepare(self, values: dict[str, Any]) -> ContactItem:
        item = read_person(values, self.desk.options.country, self.desk.options.currency)
        if not item.is_somebody:
            raise Invalid(
                _("A contact needs a name, an e-mail address or a telephone number."),
                field="full_name",
                code="required",
            )
        if values.get("do_not_contact"):
            item.values |= {"do_not_contact": True, "do_not_contact_at": self.desk.now}
        return item

    @override
    def names(self, prepared: ContactItem) -> list[str]:
        return prepared.names

    @override
    def load(self, prepared: list[ContactItem]) -> None:
        self.contacts.load(prepared)

    @override
    def take(self, prepared: ContactItem) -> tuple[Outcome, Contact]:
        if prepared.company:
            self.contacts.companies.refuse_unknown_id(prepared.company)
        company = self._known_company(prepared)
        found = self.contacts.find(prepared, company)
        if found is not None and self.desk.options.duplicates == "create" and not prepared.external_id:
            found = None
        if found is not None and self.desk.options.duplicates == "skip":
            return "skipped", found
        self.desk.own.check(prepared.custom, found)
        company = company or self.contacts.company_of(prepared)
        if found is None:
            return "created", self.contacts.make(prepared, company)
        if found.do_not_contact:  # said once; the day it was said stays
            prepared.values.pop("do_not_contact_at", None)
        return ("updated" if self.contacts.update(found, prepared, company) else "unchanged"), found

    def _known_company(self, item: ContactItem) -> Company | None:
        """The company if it is there already: a skipped row makes none."""
        if not item.company:
            return None
        by_id = self.desk.directory.find("company.id", item.company)
        return by_id[0] if by_id else self.contacts.companies.find(CompanyItem(item.company, place=item.place))
