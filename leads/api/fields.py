"""Fields with a shape of this app, and how a page of records names others in one query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, JSONObject
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty
from typing_extensions import override

from accounts.models import User
from crm.core import policy
from crm.core.api.fields import Identifier, Reference, Text, as_instant, parse_id, visible
from crm.core.api.serializers import Column, ReadSerializer
from crm.core.money.fields import AMOUNT_DIGITS, AMOUNT_PLACES
from leads import naming
from leads.models import Consent, Contact, DealLine, DealSplit, Email, Phone, Site
from leads.services import custom

STAMPS = ("created_at", "updated_at", "version")
ID = {"type": "string", "format": "uuid"}
TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
DECIMAL = {"type": "string", "format": "decimal"}
OR_NULL = {"type": "null"}
NAMED = {"$ref": "#/components/schemas/Reference"}
AMOUNT: dict[str, Any] = {"max_digits": AMOUNT_DIGITS, "decimal_places": AMOUNT_PLACES, "min_value": Decimal(0)}
RATE: dict[str, Any] = {"max_digits": 5, "decimal_places": 4, "min_value": Decimal(-1), "max_value": Decimal(1)}

# --- Other records, by name ----------------------------------------------------------------------------------------------


# The same names in Python, of rows at hand.
SPOKEN: dict[type[Model], Callable[[Any], str]] = {
    Contact: lambda contact: contact.name,
    Site: lambda site: ", ".join(filter(None, (site.street, site.postal_code, site.city, site.country, site.label))),
}


def to(model: type[Model], source: str) -> Reference:
    """A reference to another record, shown by its name."""
    return Reference(model, source=source, label=naming.label_of(model))


class RecordRead(ReadSerializer):
    """A record of this app. All the records that a page names are looked up together: one query, whatever their kinds."""

    @override
    def prepare(self, rows: Sequence[Model]) -> None:
        self.loaded = self._load(rows)
        super().prepare(rows)
        shown = frozenset(self.names)
        self.parts = [one.name for one in self.columns() if one.name in shown and isinstance(one.field, Parts)]

    @override
    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        for name in self.parts:
            if shown[name] is None:  # what the caller may see none of is not even asked for
                shown[name] = []
        return shown

    def _load(self, rows: Sequence[Model]) -> dict[type[Model], dict[Any, dict[str, Any]]]:
        found: dict[type[Model], dict[Any, dict[str, Any]]] = {}
        wanted: dict[type[Model], set[Any]] = {}
        for column in self.columns():
            field = column.field
            if isinstance(field, Reference) and (self.only is None or column.name in self.only):
                found.setdefault(field.model, {}).update(self._carried(rows, field))
                wanted.setdefault(field.model, set()).update(field.identifiers(rows))
        if isinstance(self.person, User) and self.person.pk in wanted.get(User, ()):
            found[User][self.person.pk] = {"id": str(self.person.pk), "name": self.person.name}
        missing = {model: left for model, ids in wanted.items() if (left := ids - found[model].keys())}
        for model, names in naming.names_of(self.person, missing).items():
            found[model] |= {pk: {"id": str(pk), "name": name} for pk, name in names.items()}
        return found

    def _carried(self, rows: Sequence[Model], field: Reference) -> dict[Any, dict[str, Any]]:
        """What the rows have with them already (a lead just made, its contact) and everybody like the caller sees: no query."""
        say = SPOKEN.get(field.model) or (attrgetter(field.shown) if isinstance(field.shown, str) else None)
        name = field.column.removesuffix("_id")
        there = [one for row in rows if (one := row._state.fields_cache.get(name)) is not None]
        if not there or say is None or policy.visibility(field.model, self.person) != policy.EVERYTHING:
            return {}
        return {one.pk: {"id": str(one.pk), "name": say(one)} for one in there}

    @override
    def _way_of(self, column: Column, rows: Sequence[Model]) -> Callable[[Any], Any] | None:
        if isinstance(column.field, Reference):
            return column.field.shown_by(self.loaded.get(column.field.model, {}))
        if isinstance(column.field, WordOrNull):
            return _or_none
        if isinstance(column.field, Custom):
            return column.field.for_all() if rows else None
        return super()._way_of(column, rows)


def _or_none(value: str) -> str | None:
    return value or None


class LinkTo(Identifier):
    """The id of another record; its service looks it up among those that the caller sees."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(**options)


class NameOrId(Text):
    """A product or campaign by its name, however it is spaced and capitalised, or by its id."""

    def __init__(self, model: type[Model], **options: Any) -> None:
        self.model = model
        super().__init__(max_length=120, required=False, allow_null=True, allow_blank=True, **options)

    @override
    def run_validation(self, data: Any = empty) -> Any:
        value = super().run_validation(data)
        identifier = parse_id(value)
        if identifier is None:
            return value
        row = visible(self.model, self.context["request"].user).filter(pk=identifier).first()
        if row is None:
            raise ValidationError([ErrorDetail("There is no such record, or you may not see it.", "does_not_exist")])
        return row


# --- Values ----------------------------------------------------------------------------------------------------------------


@extend_schema_field({"type": ["string", "null"], "format": "decimal", "examples": ["1200.00"]})
class Decimals(serializers.Field[Any, Any, Any, Any]):
    """An amount as text, with at least two decimals and as many as it has."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    @override
    def to_representation(self, value: Decimal) -> str:
        whole, _point, part = f"{value:f}".partition(".")
        return f"{whole}.{part.rstrip('0'):0<2}"


class WordOrNull(serializers.ChoiceField):
    """One of a closed list; null while nothing is decided."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(choices=choices, allow_null=True, read_only=True, **options)


class Custom(serializers.Field[Any, Any, Any, Any]):
    """The organisation's own fields, ``{key: value}``: those in use, null where there is nothing.

    Written, only the named keys change; null takes a value away. What a key takes, the organisation's own document says.
    """

    holder: ClassVar[str] = ""

    @override
    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise ValidationError([ErrorDetail("Write an object: field by field.", "not_an_object")])
        if len(data) > custom.MOST_FIELDS:
            raise ValidationError([ErrorDetail(f"At most {custom.MOST_FIELDS} fields.", "max_length")])
        return data

    @override
    def to_representation(self, value: Mapping[str, Any]) -> dict[str, Any]:
        return self.for_all()(value)

    def for_all(self) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """How the values of every row of a page are shown."""
        keys = [field.key for field in custom.fields_of(self.holder)]
        return lambda value: {key: value.get(key) for key in keys}


def _component(holder: str) -> Any:
    """The static document says that there may be fields; ``leads.api.document`` fills in which."""
    about = f"The organisation's own fields of a {holder}, by their keys."
    shape = {"type": "object", "description": about, "additionalProperties": True}
    return extend_schema_field(shape, component_name=component_name(holder))


def component_name(holder: str) -> str:
    return f"{holder.capitalize()}Custom"


@_component("company")
class CompanyCustom(Custom):
    holder = "company"


@_component("contact")
class ContactCustom(Custom):
    holder = "contact"


@_component("lead")
class LeadCustom(Custom):
    holder = "lead"


@_component("deal")
class DealCustom(Custom):
    holder = "deal"


# --- Parts: rows that belong to a record, gathered with it -------------------------------------------------------------------


class Parts(serializers.Field[Any, Any, Any, Any]):
    """Rows of a record as a list, aggregated by the database in the query that reads the record."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    @override
    def to_representation(self, value: Any) -> Any:
        return value


def _list_of(name: str, **properties: Any) -> Any:
    shape = {"type": "object", "required": sorted(properties), "properties": properties}
    return extend_schema_field({"type": "array", "items": shape}, component_name=name)


@_list_of("Phones", id=ID, number=TEXT, extension=TEXT, kind=TEXT, is_primary=FLAG, is_bad=FLAG)
class Phones(Parts):
    """Telephone numbers, the first choice first; E.164 where the number is one of the world's plan."""


@_list_of("Emails", id=ID, address=TEXT, is_primary=FLAG, is_bad=FLAG)
class Emails(Parts):
    """E-mail addresses, the first choice first."""


_DEGREE = {"oneOf": [DECIMAL, OR_NULL]}


@_list_of(
    "Sites",
    id=ID,
    label=TEXT,
    is_primary=FLAG,
    street=TEXT,
    city=TEXT,
    region=TEXT,
    postal_code=TEXT,
    country=TEXT,
    latitude=_DEGREE,
    longitude=_DEGREE,
)
class Sites(Parts):
    """Places of a company, the main one first."""


@_list_of("Consents", channel=TEXT, state=TEXT, proof=TEXT, at={"type": "string", "format": "date-time"})
class Consents(Parts):
    """What holds now: the newest of each channel."""

    @override
    def to_representation(self, value: Any) -> Any:
        return [one | {"at": as_instant(datetime.fromisoformat(one["at"]))} for one in value]


@_list_of(
    "DealLines",
    id=ID,
    product=NAMED,
    quantity=DECIMAL,
    unit_price=DECIMAL,
    discount_rate=DECIMAL,
    margin_rate={"oneOf": [DECIMAL, OR_NULL]},
)
class Lines(Parts):
    """Products of a deal in their order."""


@_list_of("DealSplits", user={"oneOf": [NAMED, OR_NULL]}, role=TEXT, share=DECIMAL)
class Splits(Parts):
    """Who shares the credit, the largest share first; a person out of the caller's sight is null."""


def _gathered(rows: QuerySet[Any], **shape: Any) -> ArraySubquery:
    return ArraySubquery(rows.values(json=JSONObject(**shape)))


def _text(name: str) -> Cast:
    """Decimals leave the database as text: JSON numbers would become floats."""
    return Cast(name, TextField())


def phones_of(person: User, side: str) -> ArraySubquery:
    """``side`` is ``contact`` or ``company``."""
    rows = Phone.objects.visible_to(person).filter(**{side: OuterRef("pk")})
    names = ("id", "number", "extension", "kind", "is_primary", "is_bad")
    return _gathered(rows.order_by("-is_primary", "created_at", "id"), **dict(zip(names, names, strict=True)))


def emails_of(person: User, side: str) -> ArraySubquery:
    """``side`` is ``contact`` or ``company``."""
    rows = Email.objects.visible_to(person).filter(**{side: OuterRef("pk")})
    names = ("id", "address", "is_primary", "is_bad")
    return _gathered(rows.order_by("-is_primary", "created_at", "id"), **dict(zip(names, names, strict=True)))


def sites_of(person: User) -> ArraySubquery:
    rows = Site.objects.visible_to(person).filter(company=OuterRef("pk")).order_by("-is_primary", "created_at", "id")
    names = ("id", "label", "is_primary", "street", "city", "region", "postal_code", "country")
    degrees = {"latitude": _text("latitude"), "longitude": _text("longitude")}
    return _gathered(rows, **dict(zip(names, names, strict=True)), **degrees)


def consents_of(person: User) -> ArraySubquery:
    rows = Consent.objects.visible_to(person).filter(contact=OuterRef("pk"))
    newest = rows.order_by("channel", "-at", "-id").distinct("channel")
    return _gathered(newest, channel="channel", state="state", proof="proof", at="at")


def lines_of() -> ArraySubquery:
    """Of a deal that the caller sees."""
    rows = DealLine.objects.filter(deal=OuterRef("pk"))  # house: start from what is visible (the deal is)
    rows = rows.order_by("position", "id")
    decimals = {name: _text(name) for name in ("quantity", "unit_price", "discount_rate", "margin_rate")}
    return _gathered(rows, id="id", product=JSONObject(id="product__id", name="product__name"), **decimals)


def splits_of(person: User) -> ArraySubquery:
    """Of a deal that the caller sees."""
    user = User.objects.visible_to(person).filter(pk=OuterRef("user_id")).order_by()
    named = Subquery(user.values(json=JSONObject(id="id", name="name")))
    rows = DealSplit.objects.filter(deal=OuterRef("pk"))  # house: start from what is visible (the deal is)
    rows = rows.order_by("-share", "id")
    return _gathered(rows, user=named, role="role", share=_text("share"))
