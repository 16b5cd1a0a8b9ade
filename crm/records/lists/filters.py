"""What a list can be narrowed by. A filter knows its fields in the address, its condition, and how it reads as a chip."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Exists, Model, OuterRef, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from typing_extensions import override

from accounts import selectors as people
from accounts.models import User
from crm.core import formats
from crm.core.forms import DateInput
from leads.models import CustomField, CustomValue, SavedView
from leads.services import custom
from leads.services.views import members_of

Text = str | Promise
ME, NOBODY = "me", "none"


@dataclass(frozen=True, kw_only=True)
class Filter(ABC):
    """``key`` is its name in the address; a range has two, ``<key>_from`` and ``<key>_to``."""

    key: str
    label: Text

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,)

    @abstractmethod
    def fields(self, reader: User) -> dict[str, forms.Field]: ...

    @abstractmethod
    def condition(self, values: dict[str, Any], reader: User) -> Q | None:
        """None: this filter is not at work."""

    @abstractmethod
    def words(self, values: dict[str, Any], fields: dict[str, forms.Field]) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Among(Filter):
    """One of several words of a column."""

    column: str
    choices: Iterable[tuple[Any, Any]]

    @override
    def fields(self, reader: User) -> dict[str, forms.Field]:
        field = forms.MultipleChoiceField(
            label=str(self.label), choices=list(self.choices), required=False, widget=forms.CheckboxSelectMultiple
        )
        return {self.key: field}

    @override
    def condition(self, values: dict[str, Any], reader: User) -> Q | None:
        return Q(**{f"{self.column}__in": values[self.key]}) if values.get(self.key) else None

    @override
    def words(self, values: dict[str, Any], fields: dict[str, forms.Field]) -> str:
        names = {str(value): str(label) for value, label in self.choices}
        return ", ".join(names[value] for value in values[self.key])


@dataclass(frozen=True, kw_only=True)
class Whose(Filter):
    """Mine, a colleague's, nobody's."""

    column: str = "owner"

    @override
    def fields(self, reader: User) -> dict[str, forms.Field]:
        def choices() -> list[tuple[str, Text]]:
            named = [(str(user.pk), user.name) for user in people.people(reader).exclude(pk=reader.pk)]
            return [("", _("Anybody")), (ME, _("Me")), (NOBODY, _("Nobody yet")), *named]

        return {self.key: forms.ChoiceField(label=str(self.label), choices=choices, required=False)}

    @override
    def condition(self, values: dict[str, Any], reader: User) -> Q | None:
        match values.get(self.key):
            case None | "":
                return None
            case "me":
                return Q(**{self.column: reader.pk})
            case "none":
                return Q(**{self.column: None})
            case other:
                return Q(**{self.column: other})

    @override
    def words(self, values: dict[str, Any], fields: dict[str, forms.Field]) -> str:
        return _named(fields[self.key], values[self.key])


def _named(field: Any, value: str) -> str:
    return next((str(label) for key, label in field.choices if str(key) == str(value)), value)


@dataclass(frozen=True, kw_only=True)
class Linked(Filter):
    """One of several records of the organisation's own lists: products, campaigns, stages, reasons."""

    column: str
    model: type[Model]
    narrow: dict[str, Any] = field(default_factory=dict)

    @override
    def fields(self, reader: User) -> dict[str, forms.Field]:
        rows = self.model._default_manager.visible_to(reader).filter(**self.narrow)  # type: ignore[attr-defined]
        return {self.key: forms.ModelMultipleChoiceField(rows, label=str(self.label), required=False)}

    @override
    def condition(self, values: dict[str, Any], reader: User) -> Q | None:
        rows = list(values.get(self.key) or [])
        return Q(**{f"{self.column}__in": [row.pk for row in rows]}) if rows else None

    @override
    def words(self, values: dict[str, Any], fields: dict[str, forms.Field]) -> str:
        return ", ".join(str(row) for row in values[self.key])


@dataclass(frozen=True, kw_only=True)
class _Range(Filter):
    column: str

    @property
    @override
    def keys(self) -> tuple[str, ...]:
        return (f"{self.key}_from", f"{self.key}_to")

    def ends(self, values: dict[str, Any]) -> tuple[Any, Any]:
        first, last = (values.get(key) for key in self.keys)
        return first, last

    def shown(self, value: Any) -> str:
        return formats.number(value)

    def labels(self) -> tuple[str, str]:
        return (
            _("%(what)s from") % {"what": self.label},
            _("%(what)s to") % {"what": self.label},
        )

    @override
    def condition(self, values: dict[str, Any], reader: User) -> Q | None:
        first, last = self.ends(values)
        if first is None and last is None:
            return None
        return self.between(first, last)

    def between(self, first: Any, last: Any) -> Q:
        wanted = Q()
        if first is not None:
            wanted &= Q(**{f"{self.column}__gte": first})
        if last is not None:
            wanted &= Q(**{f"{self.column}__lte": last})
        return wanted

    @override
    def words(self, values: dict[str, Any], fields: dict[str, forms.Field]) -> str:
        first, last = (None if end is None else self.shown(end) for end in self.ends(values))
        if first is None:
            return _("up to %(end)s") % {"end": last}
        return (
            _("from %(start)s") % {"start": first}
            if last is None
            else _("%(start)s to %(end)s") % {"start": first, "end": last}
        )


@dataclass(frozen=True, kw_only=True)
class Numbers(_Range):
    """Between two numbers, either end open."""

    @override
    def fields(self, reader: User) -> dict[str, forms.Field]:
        return {
            key: forms.DecimalField(label=label, required=False, max_digits=18, decimal_places=4)
            for key, label in zip(self.keys, self.labels(), strict=True)
        }


@dataclass(frozen=True, kw_only=True)
class Days(_Range):
    """Between two days, both included, in the reader's zone."""

    has_time: bool = True

    @override
    def fields(self, reader: User) -> dict[str, forms.Field]:
        return {
            key: forms.DateField(label=label, required=False, widget=DateInput)
            for key, label in zip(self.keys, self.labels(), strict=True)
        }

    @override
    def between(self, first: date | None, last: date | None) -> Q:
        if not self.has_time:
            return super().between(first, last)
        wanted = Q()
        if first is not None:
            wanted &= Q(**{f"{self.column}__gte": _midnight(first)})
        if last is not None:
            wanted &= Q(**{f"{self.column}__lt": _midnight(last + timedelta(days=1))})
        return wanted

    @override
    def shown(self, value: date) -> str:
        return formats.day(value, "year")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@dataclass(frozen=True, kw_only=True)
class YesNo(Filter):
    column: str

    @override
    def fields(self, reader: User) -> dict[str, forms.Field]:
        choices = [("", _("Either")), ("yes", _("Yes")), ("no", _("No"))]
        return {self.key: forms.ChoiceField(label=str(self.label), choices=choices, required=False)}

    @override
    def condition(self, values: dict[str, Any], reader: User) -> Q | None:
        return Q(**{self.column: values[self.key] == "yes"}) if values.get(self.key) else None

    @override
    def words(self, values: dict[str, Any], fields: dict[str, forms.Field]) -> str:
        return _named(fields[self.key], values[self.key])


@dataclass(frozen=True, kw_only=True)
class Begins(Filter):
    """A text that begins so, whatever its capitals."""

    column: str

    @override
    def fields(self, reader: User) -> dict[str, forms.Field]:
        return {self.key: forms.CharField(label=str(self.label), required=False, max_length=120)}

    @override
    def condition(self, values: dict[str, Any], reader: User) -> Q | None:
        return Q(**{f"{self.column}__istartswith": values[self.key]}) if values.get(self.key) else None

    @override
    def words(self, values: dict[str, Any], fields: dict[str, forms.Field]) -> str:
        return f"{values[self.key]}…"


@dataclass(frozen=True, kw_only=True)
class Found(Filter):
    """By words, as the search finds them. ``find`` takes reader and text and answers the ids."""

    find: Callable[[User, str], Iterable[UUID]]

    @override
    def fields(self, reader: User) -> dict[str, forms.Field]:
        return {
            self.key: forms.CharField(label=str(self.label), required=False, max_length=200, widget=forms.HiddenInput)
        }

    @override
    def condition(self, values: dict[str, Any], reader: User) -> Q | None:
        return Q(pk__in=list(self.find(reader, values[self.key]))) if values.get(self.key) else None

    @override
    def words(self, values: dict[str, Any], fields: dict[str, forms.Field]) -> str:
        return str(values[self.key])


# The parameter in the address; the ids stand in the view.
PICKED = "picked"
PICKED_FOR = gettext_lazy("Picked for")


@dataclass(frozen=True, kw_only=True)
class Picked(Filter):
    """Those that somebody put into a view by hand."""

    key: str = PICKED
    label: Text = PICKED_FOR
    of: str

    @override
    def fields(self, reader: User) -> dict[str, forms.Field]:
        rows = SavedView.objects.visible_to(reader).filter(of=self.of)
        return {self.key: forms.ModelChoiceField(rows, label=str(self.label), required=False, widget=forms.HiddenInput)}

    @override
    def condition(self, values: dict[str, Any], reader: User) -> Q | None:
        view: SavedView | None = values.get(self.key)
        return Q(pk__in=members_of(view)) if view else None

    @override
    def words(self, values: dict[str, Any], fields: dict[str, forms.Field]) -> str:
        return str(values[self.key])


# --- The organisation's own fields ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Custom(Filter):
    """A custom field, asked through its index: which records have such a value."""

    of: CustomField

    def having(self, **wanted: Any) -> Q:
        return Q(Exists(CustomValue.objects.filter(field=self.of, record_id=OuterRef("pk"), **wanted)))


@dataclass(frozen=True, kw_only=True)
class CustomAmong(Among, _Custom):
    column: str = "text"

    @override
    def condition(self, values: dict[str, Any], reader: User) -> Q | None:
        return (
            self.having(text__in=[custom.compared(value) for value in values[self.key]])
            if values.get(self.key)
            else None
        )


@dataclass(frozen=True, kw_only=True)
class CustomText(Begins, _Custom):
    column: str = "text"

    @override
    def condition(self, values: dict[str, Any], reader: User) -> Q | None:
        return self.having(text__startswith=custom.compared(values[self.key])) if values.get(self.key) else None


@dataclass(frozen=True, kw_only=True)
class CustomYesNo(YesNo, _Custom):
    column: str = "number"

    @override
    def condition(self, values: dict[str, Any], reader: User) -> Q | None:
        return self.having(number=int(values[self.key] == "yes")) if values.get(self.key) else None


@dataclass(frozen=True, kw_only=True)
class CustomNumbers(Numbers, _Custom):
    column: str = "number"

    @override
    def between(self, first: Any, last: Any) -> Q:
        return self.having(**_number_between(first, last))


@dataclass(frozen=True, kw_only=True)
class CustomDays(Days, _Custom):
    """Dates are indexed as their ordinal."""

    column: str = "number"

    @override
    def between(self, first: date | None, last: date | None) -> Q:
        return self.having(**_number_between(*(None if end is None else end.toordinal() for end in (first, last))))


def _number_between(first: Any, last: Any) -> dict[str, Any]:
    ends = {"number__gte": first, "number__lte": last}
    return {name: end for name, end in ends.items() if end is not None}


def custom_filter(found: CustomField) -> Filter | None:
    """The filter of a custom field; None for links, which are followed and not searched."""
    facts: dict[str, Any] = {"key": f"custom.{found.key}", "label": found.label, "of": found}
    match found.kind:
        case CustomField.Kind.CHOICE | CustomField.Kind.CHOICES:
            return CustomAmong(choices=[(choice, choice) for choice in found.choices], **facts)
        case CustomField.Kind.YES_NO:
            return CustomYesNo(**facts)
        case CustomField.Kind.NUMBER | CustomField.Kind.MONEY:
            return CustomNumbers(**facts)
        case CustomField.Kind.DATE:
            return CustomDays(**facts)
        case CustomField.Kind.TEXT:
            return CustomText(**facts)
        case _:
            return None
