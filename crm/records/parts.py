"""Lists that belong to a record and are changed as a whole: ways to reach it, its sites, what is in a deal and who shares it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.models import User
from crm.core.forms import TimeInput
from crm.records.facts import OwnerField
from crm.records.precall import DAYS
from leads import normal
from leads.models import Company, Contact, Deal, DealSplit, Phone, Product
from leads.services import companies, contacts, deals

Text = str | Promise
HUNDRED = Decimal(100)
EMPTY_ROWS = 2
MIDNIGHT = "24:00"
DAY_NAMES: dict[str, Text] = dict(zip(DAYS, WEEKDAYS.values(), strict=True))


def _choice(label: Any, choices: Iterable[tuple[Any, Any]]) -> forms.ChoiceField:
    """A choice that begins with the first, as browsers show it: an empty row that nobody touched is none."""
    offered = list(choices)
    return forms.ChoiceField(label=label, choices=offered, initial=offered[0][0])


class PhoneRow(forms.Form):
    number = forms.CharField(label=gettext_lazy("Number"), max_length=40)
    kind = _choice(gettext_lazy("Kind"), Phone.Kind.choices)
    extension = forms.CharField(label=gettext_lazy("Extension"), max_length=10, required=False)
    is_bad = forms.BooleanField(label=gettext_lazy("Does not work"), required=False)


class EmailRow(forms.Form):
    address = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    is_bad = forms.BooleanField(label=gettext_lazy("Does not work"), required=False)


class WindowRow(forms.Form):
    day = _choice(gettext_lazy("Day"), DAY_NAMES.items())
    starts = forms.TimeField(label=gettext_lazy("From"), widget=TimeInput)
    ends = forms.TimeField(label=gettext_lazy("To"), widget=TimeInput)


class SiteRow(forms.Form):
    id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    label = forms.CharField(label=gettext_lazy("Label"), max_length=80, required=False)
    street = forms.CharField(label=gettext_lazy("Street"), max_length=300, required=False)
    postal_code = forms.CharField(label=gettext_lazy("Postal code"), max_length=20, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=120, required=False)
    country = forms.CharField(label=gettext_lazy("Country"), max_length=80, required=False)
    is_primary = forms.BooleanField(label=gettext_lazy("Main site"), required=False)


class LineRow(forms.Form):
    product = forms.ModelChoiceField(Product.objects.none(), label=gettext_lazy("Product"))
    quantity = forms.DecimalField(
        label=gettext_lazy("Quantity"), min_value=Decimal("0.001"), max_digits=12, decimal_places=3
    )
    unit_price = forms.DecimalField(label=gettext_lazy("Unit price"), max_digits=18, decimal_places=4, required=False)
    discount = forms.DecimalField(label=gettext_lazy("Discount (%)"), min_value=0, max_value=100, required=False)

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.visible_to(reader)  # type: ignore[attr-defined]


class SplitRow(forms.Form):
    user = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Person"))
    role = _choice(gettext_lazy("Role"), DealSplit.Role.choices)
    share = forms.DecimalField(label=gettext_lazy("Share (%)"), min_value=Decimal("0.01"), max_value=100)

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"] = OwnerField(reader=reader, label=gettext_lazy("Person"), required=True)
        self.order_fields(["user", "role", "share"])


@dataclass(frozen=True, kw_only=True)
class Part:
    """``initial`` gives the rows as they stand, ``save`` takes those that shall stand."""

    key: str
    label: Text
    row: type[forms.Form]
    initial: Callable[[Any], list[dict[str, Any]]]
    save: Callable[[User, Any, list[dict[str, Any]], int], Any]
    knows_reader: bool = False

    def formset(self, reader: User) -> Any:
        made = forms.formset_factory(self.row, extra=EMPTY_ROWS, can_delete=True, max_num=200, absolute_max=220)

        def build(*args: Any, **kwargs: Any) -> Any:
            return made(*args, **kwargs, form_kwargs={"reader": reader} if self.knows_reader else {})  # type: ignore[misc]

        return build


def _phones(holder: Any) -> list[dict[str, Any]]:
    return [
        {
            "number": normal.shown_phone(phone.number),
            "kind": phone.kind,
            "extension": phone.extension,
            "is_bad": phone.is_bad,
        }
        for phone in holder.phones.all()
    ]


def _emails(holder: Any) -> list[dict[str, Any]]:
    return [{"address": email.address, "is_bad": email.is_bad} for email in holder.emails.all()]


def windows_of(hours: dict[str, Any]) -> list[tuple[Text, str, str]]:
    """Preferred hours as they are stored, Monday first: the day's name, from, to."""
    return [(name, start, end) for day, name in DAY_NAMES.items() for start, end in hours.get(day, ())]


def _windows(contact: Contact) -> list[dict[str, Any]]:
    # A day ends at 24:00, which no time field can say: there midnight stands for it.
    return [
        {"day": day, "starts": start, "ends": "00:00" if end == MIDNIGHT else end}
        for day in DAYS
        for start, end in contact.contact_windows.get(day, ())
    ]


def _save_windows(actor: User, contact: Contact, rows: list[dict[str, Any]], version: int) -> Any:
    windows: dict[str, list[list[str]]] = {}
    for row in sorted(rows, key=lambda row: row["starts"]):
        ends = f"{row['ends']:%H:%M}" if row["ends"] != time() else MIDNIGHT
        windows.setdefault(row["day"], []).append([f"{row['starts']:%H:%M}", ends])
    changes = {"contact_windows": windows}
    return contacts.change_contact(actor=actor, contact_id=contact.pk, changes=changes, expected_version=version)


def _sites(company: Company) -> list[dict[str, Any]]:
    names = ("id", "label", "street", "postal_code", "city", "country", "is_primary")
    return [{name: getattr(site, name) for name in names} for site in company.sites.all()]


def _lines(deal: Deal) -> list[dict[str, Any]]:
    return [
        {
            "product": line.product_id,
            "quantity": line.quantity.normalize(),
            "unit_price": line.unit_price,
            "discount": (line.discount_rate * HUNDRED).normalize() if line.discount_rate else None,
        }
        for line in deal.lines.all()
    ]


def _splits(deal: Deal) -> list[dict[str, Any]]:
    return [
        {"user": split.user_id, "role": split.role, "share": f"{(split.share * HUNDRED).normalize():f}"}
        for split in deal.splits.all()
    ]


def _save_reach(name: str, columns: tuple[str, ...]) -> Callable[[User, Any, list[dict[str, Any]], int], Any]:
    def save(actor: User, holder: Any, rows: list[dict[str, Any]], version: int) -> Any:
        changes = {name: [{column: row[column] for column in columns} for row in rows]}
        if isinstance(holder, Contact):
            return contacts.change_contact(actor=actor, contact_id=holder.pk, changes=changes, expected_version=version)
        return companies.change_company(actor=actor, company_id=holder.pk, changes=changes, expected_version=version)

    return save


def _save_sites(actor: User, company: Company, rows: list[dict[str, Any]], version: int) -> Any:
    stored = {site.pk: site for site in company.sites.all()}
    sites = []
    for row in rows:
        site = {name: value for name, value in row.items() if name not in {"DELETE", "id"}}
        if (known := stored.get(row["id"])) is not None:
            site |= {"id": known.pk, "region": known.region, "latitude": known.latitude, "longitude": known.longitude}
        sites.append(site)
    changes = {"sites": sites}
    return companies.change_company(actor=actor, company_id=company.pk, changes=changes, expected_version=version)


def _save_lines(actor: User, deal: Deal, rows: list[dict[str, Any]], version: int) -> Any:
    lines = [
        {
            "product": row["product"],
            "quantity": row["quantity"],
            "unit_price": row["unit_price"],
            "discount_rate": (row["discount"] or Decimal(0)) / HUNDRED,
        }
        for row in rows
    ]
    return deals.set_lines(actor=actor, deal_id=deal.pk, lines=lines, expected_version=version)


def _save_splits(actor: User, deal: Deal, rows: list[dict[str, Any]], version: int) -> Any:
    splits = [{"user": row["user"], "role": row["role"], "share": row["share"] / HUNDRED} for row in rows]
    return deals.set_splits(actor=actor, deal_id=deal.pk, splits=splits, expected_version=version)


_PHONES: dict[str, Any] = {
    "key": "phones",
    "label": gettext_lazy("Phones"),
    "row": PhoneRow,
    "initial": _phones,
    "save": _save_reach("phones", ("number", "kind", "extension", "is_bad")),
}
_EMAILS: dict[str, Any] = {
    "key": "emails",
    "label": gettext_lazy("E-mails"),
    "row": EmailRow,
    "initial": _emails,
    "save": _save_reach("emails", ("address", "is_bad")),
}
PARTS: dict[tuple[str, str], Part] = {
    ("contact", "phones"): Part(**_PHONES),
    ("contact", "emails"): Part(**_EMAILS),
    ("contact", "windows"): Part(
        key="windows", label=gettext_lazy("Preferred hours"), row=WindowRow, initial=_windows, save=_save_windows
    ),
    ("company", "phones"): Part(**_PHONES),
    ("company", "emails"): Part(**_EMAILS),
    ("company", "sites"): Part(key="sites", label=gettext_lazy("Sites"), row=SiteRow, initial=_sites, save=_save_sites),
    ("deal", "lines"): Part(
        key="lines",
        label=gettext_lazy("Products"),
        row=LineRow,
        initial=_lines,
        save=_save_lines,
        knows_reader=True,
    ),
    ("deal", "splits"): Part(
        key="splits",
        label=gettext_lazy("Shares"),
        row=SplitRow,
        initial=_splits,
        save=_save_splits,
        knows_reader=True,
    ),
}
