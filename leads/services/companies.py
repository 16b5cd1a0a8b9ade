"""Writes on companies and their sites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import clock, journal
from crm.core.errors import Conflict, Invalid
from leads import normal
from leads.models import Company, Email, Phone, Site
from leads.policies import WRITE_COMPANIES
from leads.services import reaches, writing

FIELDS = (
    "name",
    "website",
    "domain",
    "sector",
    "employees",
    "annual_revenue",
    "currency",
    "founded_year",
    "tier",
    "visit_every_days",
    "parent",
    "owner",
    "notes",
    "external_source",
    "external_id",
)
SITE_FIELDS = ("label", "street", "city", "region", "postal_code", "country", "latitude", "longitude")
MOST_SITES = 200
MOST_LEVELS = 20


def create_company(
    *,
    actor: User | None,
    name: str,
    company_id: UUID | None = None,
    sites: Iterable[Mapping[str, Any]] = (),
    phones: Iterable[Any] = (),
    emails: Iterable[Any] = (),
    custom: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Company:
    """Make a company. A repeat with the same ``company_id`` returns the one made before.

    Raises ``Forbidden``, ``Invalid``, ``Conflict`` (an id or a unique value that is taken).
    """
    writing.require(actor, WRITE_COMPANIES)
    with writing.writes():
        stored = writing.known(Company, actor, company_id)
        if stored is not None:
            return stored
        company = Company(**({"pk": company_id} if company_id else {}))
        writing.fill(company, {"name": name, **fields}, FIELDS, actor)
        places = [read_site(site) for site in sites]
        country = next((site.country for site in places if site.country), "")
        reach = reaches.read(phones, emails, country)
        derive(company, [row for row in reach if isinstance(row, Email)])
        writing.give_custom(company, custom, actor)
        _check(company)
        extra = {"sites": [str(site) for site in places], "reach": reaches.texts(reach)}
        writing.insert(company, actor=actor, event="company.created", fields=FIELDS, extra=extra)
        attach_sites(company, places)
        reaches.attach(company, reach)
        writing.keep_up(company)
    return company


def change_company(
    *, actor: User | None, company_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> Company:
    """Change what is named. ``sites``, ``phones`` and ``emails`` are whole lists, ``custom`` only the keys that change.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``Conflict``, ``VersionConflict``.
    """
    writing.require(actor, WRITE_COMPANIES)
    plain = {name: value for name, value in changes.items() if name not in {"sites", "phones", "emails", "custom"}}
    with writing.writes():
        company = writing.locked(Company, actor, company_id)
        company.require_version(expected_version)
        before = journal.snapshot(company, [*plain, "custom"]) | {"custom": dict(company.custom)}
        writing.fill(company, plain, FIELDS, actor)
        if "custom" in changes:
            writing.give_custom(company, changes["custom"], actor)
        extra = _replace_parts(company, changes)
        derive(company, list(company.emails.all()) if not company.domain else [])
        _check(company)
        if writing.store(
            company, actor=actor, event="company.changed", before=before, extra=extra, also=["name_key", "domain"]
        ):
            writing.keep_up(company, custom_changed="custom" in changes)
    return company


# --- inside ----------------------------------------------------------------------------------------------------------


def derive(company: Company, emails: Iterable[Email]) -> None:
    """The columns that follow from others: the name as compared, the address whole, the domain."""
    company.name_key = normal.company_key(company.name)[:200]
    company.website = _address(company.website)
    if not company.domain:
        found = (normal.domain_of(text) for text in (company.website, *(email.address for email in emails)))
        company.domain = next(filter(None, found), "")


def _address(website: str) -> str:
    """``firm.example`` as people type it is an address too."""
    return f"https://{website}" if website and "//" not in website else website


def _check(company: Company) -> None:
    if not company.name:
        raise Invalid(_("A company needs a name."), field="name", code="required")
    writing.check(company)
    _refuse_circle(company)


def _refuse_circle(company: Company) -> None:
    """A company is not part of its own part."""
    above, steps = company.parent_id, 0
    while above is not None:
        steps += 1
        if above == company.pk or steps > MOST_LEVELS:
            raise Invalid(_("A company cannot be part of itself."), field="parent", code="circle")
        above = Company.objects.filter(pk=above).values_list("parent_id", flat=True).first()


def read_site(given: Mapping[str, Any]) -> Site:
    """An unsaved site from its fields; the country by name or code. Raises ``Invalid`` (field ``sites``)."""
    site = Site(pk=given["id"]) if given.get("id") else Site()
    values = {name: value for name, value in given.items() if name not in {"id", "is_primary"}}
    if values.get("country"):
        values["country"] = read_country(str(values["country"]))
    writing.fill(site, values, SITE_FIELDS, None)
    site.is_primary = bool(given.get("is_primary"))
    if site.latitude is not None:
        site.point_source = Site.PointSource.GIVEN
    site.clean_fields(exclude=["company"])
    return site


def read_country(text: str) -> str:
    """ISO 3166 alpha-2. Raises ``Invalid`` (field ``country``) for what is no country."""
    code = normal.country_code(text)
    if code is None:
        raise Invalid(
            _("“%(country)s” is no country that we know; write its name or its code, like FR.") % {"country": text},
            field="country",
            code="bad_country",
        )
    return code


def attach_sites(company: Company, sites: list[Site]) -> None:
    """Insert the sites of a new company; the first is the main one unless another says so."""
    if len(sites) > MOST_SITES:
        raise Invalid(_("%(count)d at most.") % {"count": MOST_SITES}, field="sites")
    if sites and not any(site.is_primary for site in sites):
        sites[0].is_primary = True
    for site in sites:
        site.company = company
        writing.check(site)
    Site.objects.bulk_create(sites)


def _replace_parts(company: Company, changes: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Sites, phones and e-mails that are named become these; what was and what is, for the journal."""
    extra: dict[str, tuple[Any, Any]] = {}
    if "sites" in changes:
        extra["sites"] = _replace_sites(company, [read_site(site) for site in changes["sites"]])
    if "phones" in changes:
        country = company.sites.values_list("country", flat=True).first() or ""
        extra["phones"] = reaches.replace(company, Phone, reaches.read_phones(changes["phones"], country))
    if "emails" in changes:
        extra["emails"] = reaches.replace(company, Email, reaches.read_emails(changes["emails"]))
    return extra


def _replace_sites(company: Company, wanted: list[Site]) -> tuple[list[str], list[str]]:
    """Sites with the id of one that is there change it; the others are new; those not named go."""
    present = {site.pk: site for site in company.sites.select_for_update()}
    before = [str(site) for site in present.values()]
    new = [site for site in wanted if site.pk not in present]
    if wanted and not any(site.is_primary for site in wanted):
        wanted[0].is_primary = True
    if sum(site.is_primary for site in wanted) > 1:
        raise Conflict(_("One site is the main one."), field="sites")
    company.sites.update(is_primary=False)
    company.sites.exclude(pk__in=[site.pk for site in wanted]).delete()
    for site in wanted:
        if site.pk in present:
            site.company, site.created_at, site.version = (
                company,
                present[site.pk].created_at,
                present[site.pk].version + 1,
            )
            site.updated_at = clock.now()
            writing.check(site)
            site.save(force_update=True)
    if new:
        Site.objects.bulk_create([_of(company, site) for site in new])
    return before, [str(site) for site in wanted]


def _of(company: Company, site: Site) -> Site:
    site.company = company
    writing.check(site)
    return site
