"""Companies and contacts of the database as the plain records that are compared; a fixed number of queries for any number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from leads import normal
from leads.duplicates.records import Record
from leads.models import Company, Contact, Email, Phone, Site

_NOWHERE = Site()


def company_records(ids: Iterable[UUID]) -> dict[UUID, Record]:
    """Records of companies by id, merged ones included: four queries."""
    wanted = list(ids)
    companies = Company.objects.filter(pk__in=wanted).only(
        "id", "name", "website", "domain", "external_source", "external_id"
    )
    phones, emails = _reaches("company_id", wanted)
    sites = _main_sites(wanted)
    return {
        company.pk: company_record(company, sites.get(company.pk), phones[company.pk], emails[company.pk])
        for company in companies
    }


def company_record(company: Company, site: Site | None, phones: Sequence[str], emails: Sequence[str]) -> Record:
    """A company with its main site, its numbers and the keys of its addresses, as it is compared."""
    site = site or _NOWHERE
    return Record(
        key=company.pk,
        name=company.name,
        street=site.street,
        city=site.city,
        region=site.region,
        postal_code=site.postal_code,
        country=site.country,
        phones=tuple(phones),
        emails=tuple(emails),
        domains=_domains(company),
        external=_external(company),
    )


def contact_records(ids: Iterable[UUID]) -> dict[UUID, Record]:
    """Records of contacts by id, merged ones included: four queries.

    Of the company's address only city and postal code are taken: colleagues share the rest, it tells nothing about them.
    """
    wanted = list(ids)
    contacts = list(
        Contact.objects.filter(pk__in=wanted)
        .select_related("company")
        .only("id", "first_name", "last_name", "external_source", "external_id", "company_id", "company__name")
    )
    phones, emails = _reaches("contact_id", wanted)
    sites = _main_sites({contact.company_id for contact in contacts if contact.company_id})
    return {
        contact.pk: contact_record(
            contact,
            contact.company.name if contact.company else "",
            sites.get(contact.company_id) if contact.company_id else None,
            phones[contact.pk],
            emails[contact.pk],
        )
        for contact in contacts
    }


def contact_record(
    contact: Contact, company_name: str, site: Site | None, phones: Sequence[str], emails: Sequence[str]
) -> Record:
    """A contact with its company's name and main site, its numbers and the keys of its addresses, as it is compared."""
    return Record(
        key=contact.pk,
        name=company_name,
        given_name=contact.first_name,
        family_name=contact.last_name,
        city=site.city if site else "",
        postal_code=site.postal_code if site else "",
        phones=tuple(phones),
        emails=tuple(emails),
        external=_external(contact),
    )


def _reaches(
    holder: str, ids: Sequence[UUID]
) -> tuple[defaultdict[UUID, tuple[str, ...]], defaultdict[UUID, tuple[str, ...]]]:
    """Phone numbers and e-mail keys by their holder."""
    found: list[defaultdict[UUID, tuple[str, ...]]] = []
    for model, column in ((Phone, "number"), (Email, "key")):
        by_holder: defaultdict[UUID, tuple[str, ...]] = defaultdict(tuple)
        rows = model._base_manager.filter(**{f"{holder}__in": ids}).order_by("pk").values_list(holder, column)
        for key, value in rows:
            by_holder[key] += (value,)
        found.append(by_holder)
    return found[0], found[1]


def _main_sites(company_ids: Iterable[UUID]) -> dict[UUID, Site]:
    sites = Site.objects.filter(company_id__in=list(company_ids)).order_by("company_id", "is_primary", "-pk")
    columns = ("company_id", "street", "city", "region", "postal_code", "country", "is_primary")
    # The last one of a company wins: its main site, else its first.
    return {site.company_id: site for site in sites.only(*columns)}


def _domains(company: Company) -> tuple[str, ...]:
    return tuple(sorted({company.domain, normal.domain_of(company.website) if company.website else ""} - {""}))


def _external(row: Company | Contact) -> tuple[str, ...]:
    return (f"{row.external_source}:{row.external_id}",) if row.external_id else ()
