"""Facts of a record that can be changed in place or for many at once: how each is drawn, asked for and saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from typing_extensions import override

from accounts.forms.base import ServiceForm
from accounts.forms.fields import language_name
from accounts.models import Capability, User
from crm.core import policy
from crm.core.errors import NotFound
from crm.core.forms import DateInput
from crm.core.models import BaseModel
from crm.core.money import Money
from crm.records.lists import cells
from crm.records.lists.offered import spec_of
from crm.records.pick import PickField
from leads.models import Campaign, Company, Contact, CustomField, Deal, Lead, Product
from leads.naming import Names
from leads.policies import VIEW_CONTACTS
from leads.services import companies, contacts, custom, deals
from leads.services import leads as leads_services

Text = str | Promise
Draw = Callable[[Any], str]
LINK = CustomField.Kind.LINK


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line of a record's facts. ``names`` are the model's fields behind it: amount and currency are one fact."""

    key: str
    label: Text
    names: tuple[str, ...]
    draw: Draw
    wide: bool = False
    changes: bool = True
    own: CustomField | None = field(default=None)

    def shown(self, record: Any, names: Names) -> str:
        """As its page shows it; ``names`` knows what ``want`` asked for."""
        return self.draw(record) if self.own is None else _drawn_own(self.own, self._value(record), names)

    def want(self, record: Any, names: Names) -> None:
        """Say which name it will show."""
        if self.own is not None:
            want_own(self.own, [self._value(record)], names)

    def _value(self, record: Any) -> Any:
        return (record.custom or {}).get(self.own.key) if self.own is not None else None

    def form_fields(self, model: type[Model], reader: User) -> dict[str, forms.Field]:
        """The inputs, by the names that the service knows."""
        if self.own is not None:
            return {"value": own_field(self.own)}
        return {name: _field(model, name, reader) for name in self.names}

    def initial(self, record: Any) -> dict[str, Any]:
        if self.own is not None:
            return {"value": to_input(self.own, self._value(record))}
        return {name: _without_zeros(getattr(record, name)) for name in self.names}

    def given(self, values: dict[str, Any]) -> dict[str, Any]:
        """What the service is given."""
        if self.own is not None:
            return {"custom": {self.own.key: from_input(self.own, values["value"])}}
        return dict(values)


def _without_zeros(value: Any) -> Any:
    """Columns of amounts have four decimals; nobody wants to edit those that say nothing."""
    return Decimal(custom.plain(value)) if isinstance(value, Decimal) else value


# --- What each record has ---------------------------------------------------------------------------------------------------


def plain(key: str, label: Text, *, draw: Draw | None = None, wide: bool = False, changes: bool = True) -> Fact:
    return Fact(key=key, label=label, names=(key,), draw=draw or cells.of(key), wide=wide, changes=changes)


def amount(key: str, label: Text) -> Fact:
    return Fact(key=key, label=label, names=(key, "currency"), draw=cells.money(key))


def _lines(name: str) -> Draw:
    return lambda row: format_html('<span class="vm">{}</span>', getattr(row, name)) if getattr(row, name) else ""


def _language(row: Contact) -> str:
    return language_name(row.language) if row.language else ""


def _website(row: Company) -> str:
    if not row.website:
        return ""
    shown = row.website.partition("//")[2].rstrip("/")
    return format_html('<a class="clip" href="{}" rel="noreferrer">{}</a>', row.website, shown)


def _parent(row: Company) -> str:
    return cells.link("records:company", row.parent_id, row.parent.name) if row.parent else ""


def _margin(row: Deal) -> str:
    from crm.core import formats  # noqa: PLC0415

    return "" if row.margin_rate is None else formats.percent(row.margin_rate, 1)


LEAD: tuple[Fact, ...] = (
    plain("source", gettext_lazy("Source")),
    plain("motion", gettext_lazy("Motion"), draw=cells.motion),
    plain("product", gettext_lazy("Product")),
    plain("campaign", gettext_lazy("Campaign")),
    amount("expected_value", gettext_lazy("Expected value")),
    plain("needs_demo", gettext_lazy("Wants to see it"), draw=cells.yes_no("needs_demo")),
    plain("direction", gettext_lazy("Direction")),
    plain("company", gettext_lazy("Company"), draw=cells.company),
    plain("contact", gettext_lazy("Contact"), draw=cells.contact),
    plain("notes", gettext_lazy("Enquiry"), draw=_lines("notes"), wide=True),
)
COMPANY: tuple[Fact, ...] = (
    plain("name", gettext_lazy("Name")),
    plain("website", gettext_lazy("Website"), draw=_website),
    plain("sector", gettext_lazy("Sector")),
    plain("employees", gettext_lazy("Employees"), draw=cells.number("employees")),
    amount("annual_revenue", gettext_lazy("Annual revenue")),
    plain("founded_year", gettext_lazy("Founded in")),
    plain("tier", gettext_lazy("Tier")),
    plain("visit_every_days", gettext_lazy("Visit every (days)"), draw=cells.number("visit_every_days")),
    plain("owner", gettext_lazy("Owner"), draw=cells.person("owner")),
    plain("parent", gettext_lazy("Part of"), draw=_parent),
    plain("notes", gettext_lazy("Notes"), draw=_lines("notes"), wide=True),
)
CONTACT: tuple[Fact, ...] = (
    plain("first_name", gettext_lazy("First name")),
    plain("last_name", gettext_lazy("Last name")),
    plain("job_title", gettext_lazy("Job title")),
    plain("level", gettext_lazy("Level")),
    plain("company", gettext_lazy("Company"), draw=cells.company),
    plain("language", gettext_lazy("Language"), draw=_language),
    plain("time_zone", gettext_lazy("Time zone")),
    plain("notes", gettext_lazy("Notes"), draw=_lines("notes"), wide=True),
)
DEAL: tuple[Fact, ...] = (
    plain("name", gettext_lazy("Name")),
    amount("amount", gettext_lazy("Amount")),
    plain("close_on", gettext_lazy("Expected to close"), draw=cells.day("close_on")),
    plain("forecast", gettext_lazy("Forecast")),
    plain("margin_rate", gettext_lazy("Margin"), draw=_margin),
    plain("motion", gettext_lazy("Motion"), draw=cells.motion),
    plain("owner", gettext_lazy("Owner"), draw=cells.person("owner")),
    plain("company", gettext_lazy("Company"), draw=cells.company),
    plain("contact", gettext_lazy("Contact"), draw=cells.contact),
    plain("competitor", gettext_lazy("Competitor")),
    plain("notes", gettext_lazy("Notes"), draw=_lines("notes"), wide=True),
)
FACTS: dict[str, tuple[Fact, ...]] = {"lead": LEAD, "company": COMPANY, "contact": CONTACT, "deal": DEAL}


def facts_of(record: Any, reader: User) -> list[Fact]:
    """The record's facts, the organisation's own fields behind them; without the contact for who sees no contacts."""
    holder = spec_of(record).holder
    own = custom.fields_of(holder, getattr(record, "motion", ""))
    seen = [fact for fact in FACTS[holder] if fact.key != "contact" or policy.may(reader, VIEW_CONTACTS)]
    return [*seen, *(_own_fact(found) for found in own)]


def fact_of(holder: str, key: str, reader: User) -> Fact:
    """One by its key. Raises ``NotFound``."""
    if key == "contact" and not policy.may(reader, VIEW_CONTACTS):
        raise NotFound
    found = next((fact for fact in FACTS[holder] if fact.key == key), None)
    if found is None and key.startswith("custom."):
        own = custom.field_of(holder, key.removeprefix("custom."))
        found = _own_fact(own) if own is not None else None
    if found is None:
        raise NotFound
    return found


def _own_fact(found: CustomField) -> Fact:
    return Fact(key=f"custom.{found.key}", label=found.label, names=(), draw=lambda _row: "", own=found)


def want_own(own: CustomField, values: Iterable[Any], names: Names) -> None:
    """Say that the records these values of ``own`` link to will be named."""
    if own.kind == LINK:
        names.want(custom.HOLDERS[own.link_to], filter(None, values))


def shown_own(own: CustomField, value: Any, names: Names) -> str:
    """A value of an own field in words; what it links to by its name, if the reader sees it."""
    if own.kind == LINK:
        return (names.get(value) or _("something you do not see")) if value else ""
    return custom.shown(own, value)


def _drawn_own(own: CustomField, value: Any, names: Names) -> str:
    said = shown_own(own, value, names)
    return cells.link(f"records:{own.link_to}", value, said) if own.kind == LINK and names.get(value) else said


# --- Inputs -------------------------------------------------------------------------------------------------------------------


def _field(model: type[Model], name: str, reader: User) -> forms.Field:
    match name:
        case "owner":
            return OwnerField(reader=reader, label=_("Owner"), required=False)
        case "company" | "parent":
            return PickField(Company, reader=reader, label=_("Company"), required=False)
        case "contact":
            return PickField(Contact, reader=reader, label=_("Contact"), required=False)
        case "product":
            rows = Product.objects.visible_to(reader).filter(is_active=True)
            return forms.ModelChoiceField(rows, label=_("Product"), required=False)
        case "campaign":
            campaigns = Campaign.objects.visible_to(reader).filter(is_active=True)
            return forms.ModelChoiceField(campaigns, label=_("Campaign"), required=False)
        case "currency":
            return forms.CharField(label=_("Currency"), required=False, max_length=3, min_length=3)
        case "needs_demo":
            choices = [("", _("Nobody asked yet")), ("True", _("Yes")), ("False", _("No"))]
            return forms.TypedChoiceField(
                label=_("Wants to see it"),
                choices=choices,
                required=False,
                coerce=lambda text: text == "True",
                empty_value=None,
            )
    made = model._meta.get_field(name).formfield(required=False)  # type: ignore[union-attr]
    if isinstance(made, forms.DateField):
        made.widget = DateInput()
    if isinstance(made, forms.DecimalField):
        made.localize = True
    assert isinstance(made, forms.Field)
    return made


class OwnerField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic when it runs
    """A colleague who sells, of those the reader sees."""

    def __init__(self, *, reader: User, **kwargs: Any) -> None:
        sells = [Capability.CALLS.value, Capability.VISITS.value, Capability.MANAGES.value]
        rows = User.objects.visible_to(reader).active().filter(capabilities__overlap=sells)
        super().__init__(rows, empty_label=_("Nobody"), **kwargs)


def own_field(found: CustomField) -> forms.Field:
    """The input of a custom field."""
    facts: dict[str, Any] = {"label": found.label, "help_text": found.help, "required": False}
    match found.kind:
        case CustomField.Kind.NUMBER:
            return forms.DecimalField(max_digits=24, decimal_places=6, **facts)
        case CustomField.Kind.DATE:
            return forms.DateField(widget=DateInput, **facts)
        case CustomField.Kind.CHOICE:
            return forms.ChoiceField(choices=[("", "—"), *((one, one) for one in found.choices)], **facts)
        case CustomField.Kind.CHOICES:
            boxes = forms.CheckboxSelectMultiple
            return forms.MultipleChoiceField(choices=[(one, one) for one in found.choices], widget=boxes, **facts)
        case CustomField.Kind.YES_NO:
            return forms.ChoiceField(choices=[("", "—"), ("yes", _("Yes")), ("no", _("No"))], **facts)
        case _:
            return forms.CharField(**facts)


def to_input(found: CustomField, value: Any) -> Any:
    match found.kind:
        case CustomField.Kind.NUMBER:
            return None if value is None else Decimal(value)
        case CustomField.Kind.CHOICES:
            return value or []
        case CustomField.Kind.DATE:
            return value or ""
        case _:
            return custom.to_text(found, value)


def from_input(found: CustomField, value: Any) -> Any:
    if value is None or isinstance(value, list | Decimal) or not isinstance(value, str):
        return value
    return custom.from_text(found, value)


# --- Saving -------------------------------------------------------------------------------------------------------------------


def save(record: BaseModel, *, actor: User, changes: dict[str, Any], expected_version: int | None) -> Any:
    """Through the record's own service. Raises its refusals."""
    facts: dict[str, Any] = {"actor": actor, "changes": changes, "expected_version": expected_version}
    match record:
        case Lead():
            return leads_services.change_lead(lead_id=record.pk, **facts)
        case Company():
            return companies.change_company(company_id=record.pk, **facts)
        case Contact():
            return contacts.change_contact(contact_id=record.pk, **facts)
        case Deal():
            return deals.change_deal(deal_id=record.pk, **facts)
    raise TypeError(f"{record._meta.label} has no facts.")


class FactForm(ServiceForm):
    """The inputs of one fact, with the version and the value that the reader saw."""

    mark_optional = False
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, data: Any = None, *, fact: Fact, record: BaseModel, reader: User) -> None:
        self.fact, self.record = fact, record
        super().__init__(data, initial={**fact.initial(record), "version": record.version}, auto_id=f"{fact.key}-%s")
        for name, made in fact.form_fields(type(record), reader).items():
            self.fields[name] = made
        if len(fact.names) <= 1:
            only = next(name for name in self.fields if name != "version")
            self.fields[only].label = str(fact.label)

    @override
    def values(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return self.fact.given(given)

    @override
    def field_for(self, name: str) -> str:
        return "value" if name.startswith("custom.") else name

    @property
    def expected_version(self) -> int | None:
        return self.cleaned_data.get("version")


def as_json(value: Any) -> Any:
    """A value of a fact as the undo keeps it."""
    match value:
        case UUID() | Decimal():
            return str(value)
        case Model():
            return str(value.pk)
        case Money():
            return value.to_json()
        case None | bool() | int() | str() | list() | dict():
            return value
        case _:
            return value.isoformat()
