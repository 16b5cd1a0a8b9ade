"""Normal forms and limits of the values that several kinds share. Pure: no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext as _

from crm.core.errors import Invalid
from crm.core.money.currencies import check_currency
from leads import normal
from leads.models import Company, Email, Phone, Site
from leads.services.bulk.directory import among
from leads.services.bulk.rows import make
from leads.services.bulk.writing import Writing

_check_url = URLValidator(schemes=["http", "https"])
LARGEST_INT = 2_147_483_647
_ADDRESS = (("street", 300), ("city", 120), ("region", 120), ("postal_code", 20))


def text(values: dict[str, Any], name: str, longest: int) -> str:
    """One line as kept. Raises ``Invalid`` (``too_long``): nothing is cut off silently."""
    given = values.get(name)
    if not given:
        return ""
    found = str(given)
    # Most cells are plain: what ``clean`` would do to them is this.
    found = " ".join(found.split()) if found.isascii() and found.isprintable() else normal.clean(found)
    if len(found) > longest:
        detail = _("This has %(found)d characters, %(limit)d is the most.")
        raise Invalid(detail % {"found": len(found), "limit": longest}, field=name, code="too_long")
    return found


def long_text(values: dict[str, Any], name: str) -> str:
    return str(values.get(name) or "").strip()


def whole(values: dict[str, Any], name: str, *, least: int = 0, most: int = LARGEST_INT) -> int | None:
    number = values.get(name)
    if number is None:
        return None
    if not least <= number <= most:
        raise Invalid(_("This number is out of range."), field=name, code="out_of_range")
    return int(number)


def amount(values: dict[str, Any], name: str, default: str) -> tuple[Decimal | None, str]:
    """An amount with its currency: the one beside it, else that of the row, else the default."""
    given = values.get(name)
    if given is None:
        return None, ""
    number, written = given if isinstance(given, tuple) else (given, "")
    currency = written or str(values.get("currency") or "") or default
    check_currency(currency)
    rounded = Decimal(number).quantize(Decimal("0.0001"))
    if abs(rounded) >= Decimal("1e14"):
        raise Invalid(_("This amount is too large."), field=name, code="out_of_range")
    return rounded, currency


def url(values: dict[str, Any], name: str) -> str:
    """A web address with its scheme."""
    written = text(values, name, 300)
    if not written or written.lower() in {"http://", "https://", "n/a", "na", "none", "-"}:
        return ""
    address = written if "://" in written else f"https://{written}"
    try:
        _check_url(address)
    except ValidationError as error:
        raise Invalid(
            _("“%(text)s” is no web address.") % {"text": written[:60]}, field=name, code="url_malformed"
        ) from error
    return address


def email(values: dict[str, Any], name: str) -> str:
    written = text(values, name, 254)
    if written:
        try:
            validate_email(written)
        except ValidationError as error:
            detail = _("“%(text)s” is no e-mail address.")
            raise Invalid(detail % {"text": written[:60]}, field=name, code="email_malformed") from error
    return written


# The same names and numbers come again and again within a file.
company_key = lru_cache(maxsize=65_536)(normal.company_key)
name_key = lru_cache(maxsize=65_536)(normal.name_key)


@lru_cache(maxsize=65_536)
def read_phone(written: str, country: str) -> normal.Number | None:
    return normal.phone_number(written, country)


def phone(values: dict[str, Any], name: str, country: str) -> normal.Number | None:
    written = text(values, name, 100)
    if not written:
        return None
    number = read_phone(written, country)
    if number is None:
        raise Invalid(
            _("“%(text)s” is no telephone number.") % {"text": written[:40]}, field=name, code="phone_malformed"
        )
    return number


@lru_cache(maxsize=4_096)
def _country(written: str) -> str | None:
    return normal.country_code(written)


def country(values: dict[str, Any], default: str) -> str:
    written = text(values, "country", 120)
    code = _country(written)
    if code is None:
        raise Invalid(_("“%(text)s” is no country.") % {"text": written[:40]}, field="country", code="unknown_country")
    return code or default


@dataclass(frozen=True, slots=True)
class Place:
    """An address; empty when nothing of it is known."""

    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    @property
    def is_known(self) -> bool:
        return any((self.street, self.city, self.region, self.postal_code, self.country))

    def values(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("street", "city", "region", "postal_code", "country")}


def place(values: dict[str, Any], default_country: str) -> Place:
    parts = {name: text(values, name, longest) for name, longest in _ADDRESS}
    code = country(values, default_country if any(parts.values()) else "")
    return Place(**parts, country=code)


@dataclass(slots=True)
class Reaches:
    """The numbers and addresses of a holder as far as known: what must not be entered twice."""

    phones: set[tuple[str, str]] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)


def load_reaches(holders: list[Any], holder: str) -> None:
    """Give each of ``holders`` (companies or contacts, by ``holder``) its numbers and addresses."""
    bare = {record.id: record for record in holders if not hasattr(record, "reaches")}
    for record in bare.values():
        record.reaches = Reaches()
    if not bare:
        return
    key = f"{holder}_id"
    for owner, number, extension in Phone.objects.filter(among(key, bare)).values_list(key, "number", "extension"):
        bare[owner].reaches.phones.add((number, extension))
    for owner, address in Email.objects.filter(among(key, bare)).values_list(key, "key"):
        bare[owner].reaches.emails.add(address)


def add_phone(writing: Writing, record: Any, holder: str, number: normal.Number | None, kind: str) -> bool:
    """Enter a number once; the first one is the first choice. True when it was new."""
    phones = record.reaches.phones
    if number is None or (number.number, number.extension) in phones:
        return False
    row = make(
        Phone,
        number=number.number,
        extension=number.extension,
        kind=kind,
        is_primary=not phones,
        created_at=writing.now,
        updated_at=writing.now,
        **{f"{holder}_id": record.id},
    )
    phones.add((number.number, number.extension))
    writing.add(row)
    return True


def add_email(writing: Writing, record: Any, holder: str, address: str) -> bool:
    emails, key = record.reaches.emails, normal.email_key(address)
    if not address or key in emails:
        return False
    row = make(
        Email,
        address=address,
        key=key,
        is_primary=not emails,
        created_at=writing.now,
        updated_at=writing.now,
        **{f"{holder}_id": record.id},
    )
    emails.add(key)
    writing.add(row)
    return True


def load_sites(companies: list[Company]) -> None:
    """Give each company its ``places``, the main one last."""
    bare = {company.id: company for company in companies if not hasattr(company, "places")}
    for company in bare.values():
        company.places = []  # type: ignore[attr-defined]
    if bare:
        for site in Site.objects.filter(among("company_id", bare)).order_by("is_primary", "-pk"):
            bare[site.company_id].places.append(site)  # type: ignore[attr-defined]


def main_site(company: Any) -> Site | None:
    """The company's main site; None where it has none."""
    return next((site for site in company.places if site.is_primary), None)


def place_of(company: Any) -> Site | None:
    """Where the company is: its main site, else its first."""
    return company.places[-1] if company.places else None


def put_place(writing: Writing, company: Any, where: Place) -> bool:
    """The company's main site is at ``where``; True when that changed something."""
    if not where.is_known:
        return False
    site = main_site(company)
    if site is not None:
        return bool(writing.fill(site, where.values()))
    site = make(
        Site,
        company_id=company.id,
        is_primary=True,
        created_at=writing.now,
        updated_at=writing.now,
        **where.values(),
    )
    company.places.append(site)
    writing.add(site)
    return True
