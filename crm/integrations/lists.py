"""The lists that can be taken out as a file: a registry that every app above may add to. Rows begin at ``visible_to``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.policies import VIEW_USERS
from crm.core.models import BaseModel
from leads.models import Company, Contact, CustomField, Deal, Email, Lead, Phone, Product, Site
from leads.policies import VIEW_COMPANIES, VIEW_CONTACTS, VIEW_DEALS, VIEW_LEADS, VIEW_PRODUCTS

Value = Callable[[Any], Any]
Columns = list[tuple[str, Value]]


@dataclass(frozen=True, slots=True)
class Exportable:
    """A list. ``rows`` are all that a person sees of it, narrowed by ``filters``; ``columns`` are headers that an import knows."""

    name: str
    label: str | Promise
    act: str
    model: type[BaseModel]
    rows: Callable[[User, dict[str, Any]], QuerySet[Any]]
    columns: Callable[[], Columns]


_lists: dict[str, Exportable] = {}


def register(exportable: Exportable) -> None:
    if exportable.name in _lists:
        raise ValueError(f"The list {exportable.name} is registered twice.")
    _lists[exportable.name] = exportable


def exportables() -> tuple[Exportable, ...]:
    return tuple(_lists.values())


def get_list(name: str) -> Exportable | None:
    return _lists.get(name)


# --- What the filters mean -----------------------------------------------------------------------------------------------


def chosen(rows: QuerySet[Any], filters: dict[str, Any]) -> QuerySet[Any]:
    """``ids``: only these; ``owner``: a person's. Unknown filters were refused when the export was asked for."""
    if "ids" in filters:
        rows = rows.filter(pk__in=filters["ids"])
    return rows.filter(owner=filters["owner"]) if "owner" in filters else rows


def _main_sites(path: str = "sites") -> Prefetch[Any, Any, Any]:
    return Prefetch(path, queryset=Site.objects.filter(is_primary=True), to_attr="main_sites")


def _reaches() -> list[Any]:
    return [
        Prefetch("phones", queryset=Phone.objects.order_by("-is_primary", "created_at"), to_attr="numbers"),
        Prefetch("emails", queryset=Email.objects.order_by("-is_primary", "created_at"), to_attr="addresses"),
    ]


def _site(name: str) -> Value:
    return lambda row: getattr(next(iter(row.main_sites), None), name, "")


def _nth(attribute: str, place: int, name: str) -> Value:
    def value(row: Any) -> str:
        parts = getattr(row, attribute) if row is not None else []
        return _shown(parts[place], name) if place < len(parts) else ""

    return value


def _shown(part: Any, name: str) -> str:
    extension = getattr(part, "extension", "")
    return f"{getattr(part, name)} ext. {extension}" if extension else str(getattr(part, name))


def _of(relation: str, name: str) -> Value:
    return lambda row: getattr(getattr(row, relation), name, "")


def _plain(*names: str) -> Columns:
    return [(name, attrgetter(name)) for name in names]


def _own(holder: str) -> Columns:
    """The organisation's own fields, under their keys."""
    fields = CustomField.objects.filter(holder=holder, is_active=True)
    return [(field.key, partial(_own_cell, key=field.key)) for field in fields]


def _own_cell(row: Any, key: str) -> Any:
    return _as_cell(row.custom.get(key))


def _as_cell(value: Any) -> Any:
    match value:
        case {"amount": amount, "currency": currency}:
            return f"{amount} {currency}"
        case list():
            return "; ".join(map(str, value))
        case _:
            return value


_PLACE: Columns = [(name, _site(name)) for name in ("street", "city", "region", "postal_code", "country")]
_STAMPS = ("created_at", "updated_at")


def _companies(person: User, filters: dict[str, Any]) -> QuerySet[Any]:
    rows = chosen(Company.objects.visible_to(person).standing(), filters)
    return rows.select_related("parent", "owner").prefetch_related(_main_sites(), *_reaches())


def _company_columns() -> Columns:
    return [
        *_plain("id", "external_source", "external_id", "name", "website"),
        ("phone", _nth("numbers", 0, "number")),
        ("email", _nth("addresses", 0, "address")),
        *_plain("sector", "employees", "annual_revenue", "currency", "founded_year", "tier"),
        ("parent", _of("parent", "name")),
        *_PLACE,
        ("owner", _of("owner", "email")),
        *_plain("notes"),
        *_own("company"),
        *_plain(*_STAMPS),
    ]


def _contacts(person: User, filters: dict[str, Any]) -> QuerySet[Any]:
    rows = Contact.objects.visible_to(person).standing()
    if "ids" in filters:
        rows = rows.filter(pk__in=filters["ids"])
    return rows.select_related("company").prefetch_related(*_reaches())


def _contact_columns() -> Columns:
    return [
        *_plain("id", "external_source", "external_id", "first_name", "last_name"),
        ("email", _nth("addresses", 0, "address")),
        ("email_2", _nth("addresses", 1, "address")),
        ("phone", _nth("numbers", 0, "number")),
        ("phone_2", _nth("numbers", 1, "number")),
        *_plain("job_title"),
        ("company", _of("company", "name")),
        *_plain("level", "language", "do_not_contact", "notes"),
        *_own("contact"),
        *_plain(*_STAMPS),
    ]


def _leads(person: User, filters: dict[str, Any]) -> QuerySet[Any]:
    rows = chosen(Lead.objects.visible_to(person), filters)
    reach: list[Any] = [
        Prefetch("contact__phones", queryset=Phone.objects.order_by("-is_primary", "created_at"), to_attr="numbers"),
        Prefetch("contact__emails", queryset=Email.objects.order_by("-is_primary", "created_at"), to_attr="addresses"),
    ]
    return rows.select_related("contact", "company", "owner", "product", "campaign", "site", "score").prefetch_related(
        *reach
    )


def _lead_columns() -> Columns:
    number, address = _nth("numbers", 0, "number"), _nth("addresses", 0, "address")
    return [
        *_plain("id", "external_source", "external_id"),
        ("first_name", _of("contact", "first_name")),
        ("last_name", _of("contact", "last_name")),
        ("email", lambda row: address(row.contact)),
        ("phone", lambda row: number(row.contact)),
        ("job_title", _of("contact", "job_title")),
        ("company", _of("company", "name")),
        *[(name, _of("site", name)) for name in ("street", "city", "region", "postal_code", "country")],
        *_plain("source", "channel", "direction", "motion", "status"),
        ("owner", _of("owner", "email")),
        ("product", _of("product", "name")),
        ("campaign", _of("campaign", "name")),
        *_plain(
            "expected_value",
            "currency",
            "needs_demo",
            "score_fit",
            "score_engagement",
            "score_total",
            "arrived_at",
            "notes",
        ),
        *_own("lead"),
        *_plain(*_STAMPS),
    ]


def _deals(person: User, filters: dict[str, Any]) -> QuerySet[Any]:
    rows = chosen(Deal.objects.visible_to(person), filters)
    first = Prefetch(
        "contact__emails", queryset=Email.objects.order_by("-is_primary", "created_at"), to_attr="addresses"
    )
    return rows.select_related("company", "contact", "owner", "stage", "reason").prefetch_related(
        first, "lines__product"
    )


def _deal_columns() -> Columns:
    address = _nth("addresses", 0, "address")
    return [
        *_plain("id", "external_source", "external_id", "name"),
        ("company", _of("company", "name")),
        ("contact_email", lambda row: address(row.contact)),
        ("product", lambda row: next((line.product.name for line in row.lines.all()), "")),
        ("stage", lambda row: row.stage.name if row.state == Deal.State.OPEN else row.get_state_display()),
        *_plain("amount", "currency"),
        ("owner", _of("owner", "email")),
        *_plain("motion", "opened_on"),
        ("close_on", lambda row: row.closed_on or row.close_on),
        ("reason", _of("reason", "label")),
        *_plain("competitor", "notes"),
        *_own("deal"),
        *_plain(*_STAMPS),
    ]


def _products(person: User, filters: dict[str, Any]) -> QuerySet[Any]:
    rows = Product.objects.visible_to(person)
    return rows.filter(pk__in=filters["ids"]) if "ids" in filters else rows


def _people(person: User, filters: dict[str, Any]) -> QuerySet[Any]:
    rows: QuerySet[Any] = User.objects.visible_to(person)
    return (rows.filter(pk__in=filters["ids"]) if "ids" in filters else rows).select_related("team")


def _person_columns() -> Columns:
    return [
        *_plain("id", "email", "name"),
        ("team", _of("team", "name")),
        ("capabilities", lambda row: "; ".join(row.capabilities)),
        *_plain("language", "time_zone", "is_active", *_STAMPS),
    ]


def _usual() -> Iterable[Exportable]:
    yield Exportable("leads", _("Leads"), VIEW_LEADS, Lead, _leads, _lead_columns)
    yield Exportable("companies", _("Companies"), VIEW_COMPANIES, Company, _companies, _company_columns)
    yield Exportable("contacts", _("Contacts"), VIEW_CONTACTS, Contact, _contacts, _contact_columns)
    yield Exportable("deals", _("Deals"), VIEW_DEALS, Deal, _deals, _deal_columns)
    names = ("id", "name", "code", "family", "price", "currency", "is_active", *_STAMPS)
    yield Exportable("products", _("Products"), VIEW_PRODUCTS, Product, _products, lambda: _plain(*names))
    yield Exportable("people", _("People"), VIEW_USERS, User, _people, _person_columns)


for _each in _usual():
    register(_each)
