"""Every enquiry becomes one lead on one company and one contact, whichever door it came through.

The person is found by e-mail address, then by phone number with a name that fits; the company by its name in one
country, then by its domain. Only what is certain is taken for the same; what merely looks alike is suggested afterwards
by ``leads.duplicates``. What is found is completed, never overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from rapidfuzz import fuzz

from accounts.models import User
from accounts.services.people import refuse_unknown
from crm.core import clock, journal
from crm.core.errors import Invalid
from leads import normal
from leads.duplicates import stored
from leads.models import Campaign, Company, Contact, Email, Lead, Phone, Product, Record, Site
from leads.policies import WRITE_LEADS
from leads.services import companies, finding, reaches, writing
from leads.services import custom as custom_fields

PERSON = ("first_name", "last_name", "job_title", "language", "time_zone")
PLACE = ("street", "city", "region", "postal_code", "country", "latitude", "longitude")
LEAD_FIELDS = (
    "contact",
    "company",
    "site",
    "source",
    "channel",
    "direction",
    "motion",
    "owner",
    "product",
    "campaign",
    "referral",
    "expected_value",
    "currency",
    "needs_demo",
    "notes",
    "external_source",
    "external_id",
    "arrived_at",
)
ALLOWED = frozenset(
    (*PERSON, *PLACE, *LEAD_FIELDS, "email", "phone", "phones", "emails", "company_name", "website", "custom")
)
# What a repeat of an enquiry may change; through which door it came and whose it is have been settled since.
CHANGED_AGAIN = frozenset((*LEAD_FIELDS, "custom")) - {"channel", "owner"}
# Mailboxes that several people read: one address, not one person.
SHARED_MAILBOXES = frozenset(
    "accounts achats admin bonjour buero commercial compta contact einkauf enquiries hello help info kontak kontakt mail "
    "marketing office orders penjualan post purchasing reception sales secretariat service support team vente ventes".split()
)
# Names of one person, written by two hands: "J. Martin" and "Jean Martin" are; "Jean Martin" and "Paul Durand" are not.
SAME_PERSON = 75
SAME_COMPANY = 85


@dataclass(slots=True)
class Enquiry:
    """What came in, in normal forms; nothing stored yet."""

    person: dict[str, Any]
    company_name: str
    website: str
    place: dict[str, Any]
    phones: list[Phone]
    emails: list[Email]
    lead: dict[str, Any]
    custom: Mapping[str, Any] | None = None
    country: str = ""
    domain: str = field(default="", init=False)
    # Of those that were made just now: what they are found by need not be read again.
    sites: list[Site] | None = field(default=None, init=False)
    company_texts: finding.CompanyTexts | None = field(default=None, init=False)
    person_texts: finding.PersonTexts | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        found = (normal.domain_of(text) for text in (self.website, *(email.address for email in self.emails)))
        self.domain = next(filter(None, found), "")

    @property
    def name_key(self) -> str:
        return normal.name_key(f"{self.person.get('first_name', '')} {self.person.get('last_name', '')}")

    @property
    def company_key(self) -> str:
        return normal.company_key(self.company_name)

    @property
    def has_person(self) -> bool:
        return bool(self.name_key or self.emails or (self.phones and not self.company_name))

    def keys(self) -> list[str]:
        """What two enquiries of one person or company have in common: locked while they are looked up."""
        return [
            *(f"email {email.key}" for email in self.emails),
            *(f"phone {phone.number}" for phone in self.phones),
            *([f"company {self.company_key}"] if self.company_key else []),
            *([f"domain {self.domain}"] if self.domain else []),
        ]


def receive_enquiry(
    *, actor: User | None, lead_id: UUID | None = None, channel: str = Lead.Channel.API, **enquiry: Any
) -> Lead:
    """Make a lead of an enquiry given flat: ``first_name last_name email phone job_title language company_name website
    street city region postal_code country latitude longitude source product campaign expected_value currency needs_demo
    notes external_source external_id custom motion owner direction arrived_at``; also ``contact`` and ``company`` where
    they are known already, ``phones`` and ``emails`` as lists. Products and campaigns by id, instance or name.

    ``actor`` is None for a customer at a door. A repeat with the same ``lead_id`` returns the lead made before.
    Raises ``Forbidden``, ``Invalid`` with the field's name, ``Conflict`` (an external id or an id that is taken).
    """
    writing.require(actor, WRITE_LEADS)
    said = read_enquiry(enquiry)
    with writing.writes(), journal.together(), custom_fields.remembered():
        stored = writing.known(Lead, actor, lead_id)
        if stored is not None:
            return stored
        writing.lock_keys(said.keys())
        written: list[Record] = []
        contact, company = _whom(said, enquiry, actor, written)
        site = said.sites[0] if said.sites else _site(company, said.place)
        lead = Lead(
            **({"pk": lead_id} if lead_id else {}), contact=contact, company=company, site=site, channel=channel
        )
        writing.fill(lead, said.lead, LEAD_FIELDS, actor)
        writing.give_custom(lead, said.custom, actor, motion=lead.motion)
        _check(lead)
        _words_at_birth(lead, said)
        writing.insert(lead, actor=actor, event="lead.created", fields=(*LEAD_FIELDS, "status"))
        writing.keep_up(*written, lead, custom_changed=False)  # of those found, none was
    return lead


def upsert_lead(*, actor: User | None, external_source: str, external_id: str, **enquiry: Any) -> tuple[Lead, bool]:
    """Make the lead known elsewhere under this id, or change it; whether it was made.

    What is not named stays. Raises as ``receive_enquiry`` and ``change_lead``; ``NotFound`` for one out of sight.
    """
    from leads.services.leads import change_lead  # noqa: PLC0415 (its neighbour; both write leads)

    source, identifier = normal.clean(external_source), normal.clean(external_id)
    with writing.writes():
        writing.lock_keys([f"external {source} {identifier}"])
        stored = Lead.objects.filter(external_source=source, external_id=identifier).first()
        if stored is None:
            made = receive_enquiry(actor=actor, external_source=source, external_id=identifier, **enquiry)
            return made, True
        enquiry = _with_links(enquiry)
        said = read_enquiry(enquiry)
        changes = {name: value for name, value in enquiry.items() if name in CHANGED_AGAIN}
        lead = change_lead(actor=actor, lead_id=stored.pk, changes=changes)
        if lead.contact is not None:
            written: list[Record] = []
            _complete_contact(lead.contact, said, actor, written)
            writing.keep_up(*written, custom_changed=False)
        return lead, False


# --- Reading ----------------------------------------------------------------------------------------------------------


def read_enquiry(given: Mapping[str, Any]) -> Enquiry:
    """Check and normalise what came in. Raises ``Invalid`` with the field's name."""
    refuse_unknown(given, ALLOWED)
    place = {name: given[name] for name in PLACE if given.get(name) not in (None, "")}
    if "country" in place:
        place["country"] = companies.read_country(str(place["country"]))
    _whole_point(place)
    country = str(place.get("country", ""))
    return Enquiry(
        person={name: normal.clean(str(given[name])) for name in PERSON if given.get(name)},
        company_name=normal.clean(str(given.get("company_name") or "")),
        website=normal.clean(str(given.get("website") or "")),
        place=place,
        phones=_named(
            "phone", lambda: reaches.read_phones([given.get("phone") or "", *given.get("phones", ())], country)
        ),
        emails=_named("email", lambda: reaches.read_emails([given.get("email") or "", *given.get("emails", ())])),
        lead=_with_links(
            {
                name: value
                for name, value in given.items()
                if name in LEAD_FIELDS and name not in {"contact", "company", "site", "channel"} and value is not None
            }
        ),
        custom=given.get("custom"),
        country=country,
    )


def _named(name: str, read: Any) -> Any:
    """The flat form calls them ``email`` and ``phone``; so do its refusals."""
    try:
        return read()
    except Invalid as error:
        raise Invalid(error.detail, field=name, code=error.specific_code) from error


def _whole_point(place: Mapping[str, Any]) -> None:
    if ("latitude" in place) != ("longitude" in place):
        missing = "longitude" if "latitude" in place else "latitude"
        raise Invalid(_("Give both, latitude and longitude, or neither."), field=missing, code="half_a_place")


def _with_links(values: dict[str, Any]) -> dict[str, Any]:
    """Products and campaigns may be named by their names."""
    for name, model in (("product", Product), ("campaign", Campaign)):
        value = values.get(name)
        if isinstance(value, str):
            values[name] = by_name(model, value, name) if value.strip() else None
    return values


def by_name(model: type[Product | Campaign], text: str, field: str) -> Product | Campaign:
    """A product or campaign by its name, however it is spaced and capitalised, or by its id. Raises ``Invalid``."""
    found = model._default_manager.filter(name_key=normal.product_key(text)).first()
    if found is None:
        raise Invalid(_("“%(name)s” is not known.") % {"name": text}, field=field, code="not_found")
    return found


# --- Finding and making -----------------------------------------------------------------------------------------------


def _whom(
    said: Enquiry, given: Mapping[str, Any], actor: User | None, written: list[Record]
) -> tuple[Contact | None, Company | None]:
    """The contact and the company of the enquiry: given, found or made. Those that were made or completed join ``written``."""
    link = Lead()
    writing.fill(link, {name: given[name] for name in ("contact", "company") if given.get(name)}, LEAD_FIELDS, actor)
    contact = link.contact or (find_contact(said) if said.has_person else None)
    company = link.company or find_company(said, contact)
    if company is None and said.company_name:
        company = _make_company(said, actor, written)
    elif company is not None:
        _complete_company(company, said, actor, written)
    if contact is not None:
        _complete_contact(contact, said, actor, written, company)
    elif said.has_person:
        contact = _make_contact(said, company, actor, written)
    elif company is not None and said.phones:
        reaches.add(company, said.phones)
    if contact is None and company is None:
        raise Invalid(
            _("An enquiry needs a name, an e-mail address, a phone number or a company."),
            field="last_name",
            code="required",
        )
    return contact, company


def find_contact(said: Enquiry) -> Contact | None:
    """Who wrote: the same e-mail address, else the same phone number with a name that fits."""
    keys = [email.key for email in said.emails]
    numbers = [phone.number for phone in said.phones]
    if not keys and not numbers:
        return None
    rows = list(
        Contact.objects.standing()
        # As one list of ids: an OR of two would make Postgres look at every contact.
        .filter(pk__in=_holders(Email, key__in=keys).union(_holders(Phone, number__in=numbers)))
        .select_related("company")
        .prefetch_related("emails", "phones")
        .order_by("created_at", "pk")[:50]
    )
    for contact in rows:
        shared = {email.key for email in contact.emails.all()} & set(keys)
        if any(_is_personal(key) for key in shared) or (shared and _fits(contact, said)):
            return contact
    for contact in rows:
        if {phone.number for phone in contact.phones.all()} & set(numbers) and _fits(contact, said):
            return contact
    return None


def _holders(model: type[Email | Phone], **lookup: Any) -> Any:
    return model._default_manager.filter(contact__isnull=False, **lookup).values("contact_id")


def _is_personal(key: str) -> bool:
    return key.partition("@")[0] not in SHARED_MAILBOXES


def _fits(contact: Contact, said: Enquiry) -> bool:
    """Whether the names may be one person's; a name that is missing fits every other."""
    if not said.name_key or not contact.name_key:
        return True
    return fuzz.token_sort_ratio(contact.name_key, said.name_key) >= SAME_PERSON


def find_company(said: Enquiry, contact: Contact | None) -> Company | None:
    """Where they work: the same name in the same country, the same domain with a name that fits, else the contact's."""
    alike = Q(name_key=said.company_key[:200]) if said.company_key else Q(pk__in=[])
    if said.domain:
        alike |= Q(domain=said.domain)
    if said.company_key or said.domain:
        rows = list(Company.objects.filter(alike).prefetch_related("sites").order_by("created_at", "pk")[:50])
        rows.sort(key=lambda row: row.merged_into_id is not None)  # those that stand come first
        found = next((row for row in rows if _is_named(row, said)), None) or next(
            (row for row in rows if _is_at_home(row, said)), None
        )
        if found is not None:
            return stored.standing_for([found])[0][1]
    return contact.company if contact is not None and not said.company_key else None


def _is_named(company: Company, said: Enquiry) -> bool:
    """The same name, and nothing says that it is in another country."""
    countries = {site.country for site in company.sites.all() if site.country}
    return company.name_key == said.company_key[:200] and (
        not said.country or not countries or said.country in countries
    )


def _is_at_home(company: Company, said: Enquiry) -> bool:
    """The same domain, and no quite different name."""
    fits = not said.company_key or fuzz.token_set_ratio(company.name_key, said.company_key) >= SAME_COMPANY
    return bool(said.domain) and company.domain == said.domain and fits


def _make_company(said: Enquiry, actor: User | None, written: list[Record]) -> Company:
    company = Company(name=said.company_name[:200], website="")
    writing.fill(company, {"name": said.company_name, "website": said.website}, companies.FIELDS, actor)
    companies.derive(company, said.emails)
    writing.give_custom(company, None, None)
    writing.check(company)
    switchboard = [] if said.has_person else said.phones
    places = [companies.read_site(said.place)] if said.place else []
    extra = {"sites": [str(site) for site in places], "reach": reaches.texts(switchboard)}
    said.company_texts = finding.CompanyTexts(
        company.name, company.domain, "", [site.city for site in places], [phone.number for phone in switchboard], []
    )
    finding.born_with(company, said.company_texts.words)
    writing.insert(company, actor=actor, event="company.created", fields=companies.FIELDS, extra=extra)
    companies.attach_sites(company, places)
    reaches.attach(company, switchboard)
    said.sites = places
    written.append(company)
    return company


def _make_contact(said: Enquiry, company: Company | None, actor: User | None, written: list[Record]) -> Contact:
    contact = Contact(company=company)
    writing.fill(contact, said.person, PERSON, actor)
    contact.name_key = said.name_key[:220]
    writing.give_custom(contact, None, None)
    writing.check(contact)
    reach: list[Phone | Email] = [*said.phones, *said.emails]
    fields = ("company", *PERSON)
    said.person_texts = finding.PersonTexts(
        contact.first_name,
        contact.last_name,
        "",
        [phone.number for phone in said.phones],
        [email.address for email in said.emails],
    )
    if company is not None and said.company_texts is None:
        said.company_texts = finding.texts_of(company=company.pk)[1]
    finding.born_with(contact, finding.contact_words(said.person_texts, said.company_texts or finding.NO_COMPANY))
    writing.insert(contact, actor=actor, event="contact.created", fields=fields, extra={"reach": reaches.texts(reach)})
    reaches.attach(contact, reach)
    written.append(contact)
    return contact


def _complete_company(company: Company, said: Enquiry, actor: User | None, written: list[Record]) -> None:
    """What the company did not have yet: a website, a first site."""
    before = journal.snapshot(company, ["website", "domain"])
    if said.website and not company.website:
        writing.fill(company, {"website": said.website}, companies.FIELDS, actor)
    companies.derive(company, [])
    company.domain = company.domain or said.domain
    extra: dict[str, tuple[Any, Any]] = {}
    if said.place and not company.sites.exists():
        places = [companies.read_site(said.place)]
        companies.attach_sites(company, places)
        extra["sites"] = ([], [str(place) for place in places])
    if writing.store(company, actor=actor, event="company.changed", before=before, extra=extra):
        written.append(company)


def _complete_contact(
    contact: Contact, said: Enquiry, actor: User | None, written: list[Record], company: Company | None = None
) -> None:
    """What the contact did not have yet: a name, a company, more numbers and addresses."""
    before = journal.snapshot(contact, [*PERSON, "company"])
    missing = {name: value for name, value in said.person.items() if not getattr(contact, name)}
    if contact.name:  # half a name is not completed from another spelling of the whole
        missing = {name: value for name, value in missing.items() if name not in {"first_name", "last_name"}}
    writing.fill(contact, missing, PERSON, actor)
    contact.name_key = normal.name_key(contact.name)[:220]
    if contact.company_id is None and company is not None:
        contact.company = company
    writing.check(contact)
    added = reaches.add(contact, [*said.phones, *said.emails])
    extra: dict[str, tuple[Any, Any]] = {"reach": ([], added)}
    if writing.store(contact, actor=actor, event="contact.changed", before=before, extra=extra, also=["name_key"]):
        written.append(contact)


def _site(company: Company | None, place: Mapping[str, Any]) -> Site | None:
    """The site that the enquiry is about: the one at this address, else the main one."""
    if company is None:
        return None
    sites = list(company.sites.all())
    wanted = normal.postal_key(str(place.get("postal_code", ""))), normal.name_key(str(place.get("street", "")))
    for site in sites:
        if any(wanted) and (normal.postal_key(site.postal_code), normal.name_key(site.street)) == wanted:
            return site
    if any(wanted) and sites:
        new = companies.read_site(place)
        new.company = company
        new.save(force_insert=True)
        return new
    return next(iter(sites), None)


def _check(lead: Lead) -> None:
    if lead.expected_value is not None and lead.expected_value < 0:
        raise Invalid(_("An expected value is not negative."), field="expected_value", code="negative")
    if lead.arrived_at > clock.now():
        raise Invalid(_("This is in the future."), field="arrived_at", code="in_the_future")
    writing.check(lead)


def _words_at_birth(lead: Lead, said: Enquiry) -> None:
    """A lead is found by what its person and company were made from just now, else by what is stored of them.

    Its own INSERT writes the words: a second write would touch each of its many indexes again.
    """
    person, company = finding.texts_of(
        contact=None if said.person_texts else lead.contact_id, company=None if said.company_texts else lead.company_id
    )
    words = finding.lead_words(said.person_texts or person, said.company_texts or company, lead.external_id)
    finding.born_with(lead, words)
