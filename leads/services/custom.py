"""Custom fields: what they are, their values, and how these are read, kept, compared, filtered and shown.

A value has one JSON form per kind, which stands in the record's ``custom``, in the API and in the journal:

===========  ===========================================  ==========================
kind         JSON form                                    in a file
===========  ===========================================  ==========================
``text``     ``"as written"``                             ``as written``
``number``   ``"12.5"`` (text: JSON numbers are inexact)   ``12.5``
``money``    ``{"amount": "12.50", "currency": "EUR"}``    ``12.50 EUR``
``date``     ``"2026-11-21"``                             ``2026-11-21``
``choice``   ``"Gold"``                                   ``Gold``
``choices``  ``["Gold", "Silver"]``                       ``Gold; Silver``
``yes_no``   ``true``                                     ``yes``
``link``     ``"<id of the record>"``                     the id, or the exact name
===========  ===========================================  ==========================

Nothing (``null``, an empty text, an empty list) takes the value away. ``CustomValue`` indexes the same values.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import CharField, F, Func, Max, Model, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Motion, User
from accounts.services.people import first_fault, refuse_unknown
from crm.core import context, formats, journal, policy
from crm.core.errors import Conflict, Invalid, NotFound
from crm.core.money import Money
from crm.core.text import fold
from leads import naming, normal
from leads.models import Company, Contact, CustomField, CustomValue, Deal, Lead
from leads.policies import MANAGE_SALES_SETTINGS

Kind = CustomField.Kind
Holder = CustomField.Holder
Json = Any
Values = dict[str, Json]
RowT = TypeVar("RowT", bound=Model)

HOLDERS: dict[str, type[Model]] = {
    Holder.COMPANY: Company,
    Holder.CONTACT: Contact,
    Holder.LEAD: Lead,
    Holder.DEAL: Deal,
}
WITH_MOTION = frozenset({Holder.LEAD, Holder.DEAL})
# Of these two equal values may be a fault; of the others they are the point.
MAY_BE_UNIQUE = frozenset({Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.LINK})

MOST_FIELDS = 100
MOST_CHOICES = 200
LONGEST_TEXT = 2_000
LONGEST_COMPARED = 200
MOST_WHOLE_DIGITS, MOST_DECIMALS = 18, 6
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
SEPARATOR = "; "

# --- Which fields there are --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    request: str
    read_at: float
    fields: dict[str, list[CustomField]]


# A request reads the definitions once. The age bounds callers who name all their requests alike.
_known: ContextVar[_Known | None] = ContextVar("custom_fields", default=None)
_remembered: ContextVar[bool] = ContextVar("custom_fields_remembered", default=False)
LONGEST_KNOWN_SECONDS = 2.0


def fields_of(holder: str, motion: str = "") -> list[CustomField]:
    """The fields in use on ``holder`` (``company contact lead deal``) in their order; with ``motion`` those it has.

    One query per request for all holders together; outside a request one per call, unless inside ``remembered()``.
    """
    found = _all_fields().get(holder, [])
    return [field for field in found if not motion or not field.motions or motion in field.motions]


@contextmanager
def remembered() -> Iterator[None]:
    """Inside, the definitions are read once: for imports and jobs, which call ``fields_of`` for every row."""
    known = _known.get()
    if known is not None and not _is_fresh(known, context.request_id.get()):
        forget()
    remember = _remembered.set(True)
    try:
        yield
    finally:
        _remembered.reset(remember)


def _all_fields() -> dict[str, list[CustomField]]:
    known, request = _known.get(), context.request_id.get()
    if known is not None and (_remembered.get() or _is_fresh(known, request)):
        return known.fields
    fields: dict[str, list[CustomField]] = defaultdict(list)
    for field in CustomField.objects.filter(is_active=True).order_by("position", "label", "id"):
        fields[field.holder].append(field)
    if request or _remembered.get():
        _known.set(_Known(request, time.monotonic(), dict(fields)))
    return dict(fields)


def _is_fresh(known: _Known, request: str) -> bool:
    return known.request == request != "" and time.monotonic() - known.read_at < LONGEST_KNOWN_SECONDS


def forget() -> None:
    """Read the definitions again at the next call."""
    _known.set(None)


def field_of(holder: str, key: str) -> CustomField | None:
    """The field in use with this key."""
    return next((field for field in fields_of(holder) if field.key == key), None)


# --- Reading values ----------------------------------------------------------------------------------------------------


def read_values(
    holder: str,
    given: Mapping[str, Any],
    *,
    stored: Mapping[str, Json] | None = None,
    motion: str = "",
    partial: bool = False,
    required: bool = True,
    actor: User | None = None,
) -> Values:
    """The whole ``custom`` of a record after ``given`` was laid over ``stored``, in JSON forms.

    A new record (``partial=False``) gets the defaults of what is not named and must have what is required for its
    ``motion``; with ``required=False`` it need not (an enquiry at a door is never lost for our own bookkeeping). A change
    (``partial=True``) touches the named fields alone; a required one cannot be emptied. Links must lead to records that
    ``actor`` sees; with ``actor=None`` to any. Raises ``Invalid`` with ``field="custom.<key>"``. Values of fields that
    were put away stay as stored.
    """
    if not isinstance(given, Mapping):
        raise Invalid(_("Write an object: field by field."), field="custom", code="not_an_object")
    offered = {field.key: field for field in fields_of(holder)}
    result: Values = dict(stored or {})
    asked = [field for field in offered.values() if _is_on(field, motion)]
    if not partial:
        result |= {field.key: field.default for field in asked if field.default is not None and field.key not in given}
    for key, value in given.items():
        _lay(result, _offered(offered, str(key), motion), value)
    _check_links([offered[key] for key in given if key in result], result, actor)
    if required:
        _check_required([field for field in asked if not partial or field.key in given], result)
    return result


def _is_on(field: CustomField, motion: str) -> bool:
    """Whether a record of ``motion`` has the field; while the motion is open, only what is on all of them."""
    return not field.motions or motion in field.motions


def _offered(offered: Mapping[str, CustomField], key: str, motion: str) -> CustomField:
    field = offered.get(key)
    if field is None:
        raise Invalid(_("There is no such field here."), field=f"custom.{key}", code="unknown_field")
    if motion and not _is_on(field, motion):
        raise _wrong(field, _("This field is not used on this motion."), "other_motion")
    return field


def _lay(result: Values, field: CustomField, value: Any) -> None:
    read = read_value(field, value)
    if read is None:
        result.pop(field.key, None)
    else:
        result[field.key] = read


def _check_required(fields: Iterable[CustomField], result: Mapping[str, Json]) -> None:
    for field in fields:
        if field.is_required and field.key not in result:
            raise _wrong(field, _("“%(field)s” is required.") % {"field": field.label}, "required")


def _check_links(fields: Iterable[CustomField], result: Mapping[str, Json], actor: User | None) -> None:
    wanted: dict[str, dict[str, CustomField]] = defaultdict(dict)
    for field in fields:
        if field.kind == Kind.LINK:
            wanted[field.link_to][result[field.key]] = field
    for holder, by_id in wanted.items():
        there = {str(pk) for pk in _linkable(holder, actor).filter(pk__in=list(by_id)).values_list("pk", flat=True)}
        if missing := by_id.keys() - there:
            raise _wrong(by_id[min(missing)], _("There is no such record, or you may not see it."), "does_not_exist")


def _linkable(holder: str, actor: User | None) -> QuerySet[Any]:
    rows = HOLDERS[holder]._default_manager.all()
    return rows if actor is None else policy.scope(rows, actor)


def read_value(field: CustomField, value: Any) -> Json:
    """One value in its JSON form, None for nothing. Raises ``Invalid``. (That a link leads somewhere, ``read_values`` checks.)"""
    if value is None or value in ("", []):
        return None
    return _READERS[field.kind](field, value)


def _read_text(field: CustomField, value: Any) -> str | None:
    if not isinstance(value, str):
        raise _wrong(field, _("Write text here."))
    text = "\n".join(normal.clean(line) for line in value.splitlines()).strip()
    longest = LONGEST_COMPARED if field.is_unique else LONGEST_TEXT
    if len(text) > longest:
        raise _wrong(field, _("At most %(most)s characters.") % {"most": longest}, "max_length")
    return text or None


def _read_number(field: CustomField, value: Any) -> str:
    if isinstance(value, bool | float) or not isinstance(value, str | int | Decimal):
        raise _wrong(field, _("Write a number, such as 12.50."))
    if isinstance(value, str) and not re.fullmatch(r"-?\d{1,40}(\.\d{1,40})?", value.strip(), re.ASCII):
        raise _wrong(field, _("Write a number, such as 12.50."))
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise _wrong(field, _("Write a number, such as 12.50.")) from error
    if not number.is_finite() or number.adjusted() >= MOST_WHOLE_DIGITS or _decimals(number) > MOST_DECIMALS:
        raise _wrong(field, _("This number is too large or too finely divided."), "out_of_range")
    return plain(number)


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def plain(number: Decimal) -> str:
    """A number without exponent and without zeros that say nothing: ``12.50`` -> ``12.5``, ``-0`` -> ``0``."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def _read_money(field: CustomField, value: Any) -> dict[str, str]:
    if isinstance(value, Money):
        value = value.to_json()
    if isinstance(value, dict) and isinstance(value.get("amount"), Decimal):
        value = value | {"amount": f"{value['amount']:f}"}
    return Money.parse_json(value, field=f"custom.{field.key}").to_json()


def _read_date(field: CustomField, value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()[:10]
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip(), re.ASCII):
            return date.fromisoformat(value.strip()).isoformat()
    except ValueError:
        pass
    raise _wrong(field, _("Write a day, such as 2026-11-21."))


def _read_choice(field: CustomField, value: Any) -> str:
    if not isinstance(value, str) or value not in field.choices:
        raise _wrong(field, _("Choose one of: %(allowed)s.") % {"allowed": ", ".join(field.choices)}, "invalid_choice")
    return value


def _read_choices(field: CustomField, value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        raise _wrong(field, _("Write a list."), "not_a_list")
    if len(value) > MOST_CHOICES:
        raise _wrong(field, _("At most %(most)s items.") % {"most": MOST_CHOICES}, "max_length")
    chosen = {_read_choice(field, one) for one in value}
    return [one for one in field.choices if one in chosen]


def _read_yes_no(field: CustomField, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(field, _("Write true or false."))
    return value


def _read_link(field: CustomField, value: Any) -> str:
    if isinstance(value, Model):
        value = value.pk
    try:
        return str(value if isinstance(value, UUID) else UUID(value if isinstance(value, str) else ""))
    except ValueError as error:
        raise _wrong(field, _("Write the id of a record, a UUID.")) from error


_READERS: dict[str, Any] = {
    Kind.TEXT: _read_text,
    Kind.NUMBER: _read_number,
    Kind.MONEY: _read_money,
    Kind.DATE: _read_date,
    Kind.CHOICE: _read_choice,
    Kind.CHOICES: _read_choices,
    Kind.YES_NO: _read_yes_no,
    Kind.LINK: _read_link,
}


def _wrong(field: CustomField, detail: str, code: str = "invalid") -> Invalid:
    return Invalid(detail, field=f"custom.{field.key}", code=code)


def differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, tuple[Json, Json]]:
    """What changed, as the journal writes it: ``{"custom.<key>": (before, after)}``."""
    keys = sorted(before.keys() | after.keys())
    return {f"custom.{key}": (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}


# --- Keeping values in the index ------------------------------------------------------------------------------------------


def write_values(
    holder: str, record_id: UUID, values: Mapping[str, Json], *, before: Mapping[str, Json] | None = None
) -> None:
    """Index the ``custom`` of a record, in the caller's transaction. ``before`` is what was indexed; ``{}`` for a new one.

    Touches what differs alone; nothing at all where nothing does. Without ``before`` everything is indexed anew. Raises
    ``Conflict`` (``already_exists``, ``field="custom.<key>"``) where a unique value is taken.
    """
    if not values and not before and before is not None:
        return
    fields = {field.key: field for field in fields_of(holder)}
    changed = [key for key in values.keys() | (before or {}).keys() if values.get(key) != (before or {}).get(key)]
    stale = [fields[key] for key in changed if key in fields and key in (before or {})]
    rows = [
        row for key in changed if key in fields and key in values for row in index(fields[key], record_id, values[key])
    ]
    try:
        with transaction.atomic():
            if before is None:
                CustomValue.objects.filter(record_id=record_id, field__holder=holder, field__is_active=True).delete()
            elif stale:
                CustomValue.objects.filter(record_id=record_id, field__in=stale).delete()
            if rows:
                CustomValue.objects.bulk_create(rows)
    except IntegrityError as error:
        raise _taken(rows, error) from error


def bulk_write_values(holder: str, records: Iterable[tuple[UUID, Mapping[str, Json]]]) -> None:
    """Index many records at once, for imports: two statements per call. Raises ``Conflict`` as ``write_values`` does, for all.

    Who wants to know first which records would be refused asks ``taken``.
    """
    fields = {field.key: field for field in fields_of(holder)}
    records = list(records)
    rows = [
        row
        for record_id, values in records
        for key, value in values.items()
        if key in fields
        for row in index(fields[key], record_id, value)
    ]
    try:
        with transaction.atomic():
            CustomValue.objects.filter(
                record_id__in=[record_id for record_id, _values in records], field__in=list(fields.values())
            ).delete()
            CustomValue.objects.bulk_create(rows, batch_size=2_000)
    except IntegrityError as error:
        raise _taken(rows, error) from error


def taken(holder: str, records: Iterable[tuple[UUID, Mapping[str, Json]]]) -> dict[UUID, str]:
    """Of these records, those with a unique value that another has (stored, or before them in the list): id -> key."""
    unique = {field.key: field for field in fields_of(holder) if field.is_unique}
    rows = [
        row
        for record_id, values in (records if unique else ())
        for key in unique.keys() & values.keys()
        for row in index(unique[key], record_id, values[key])
    ]
    owners = {
        (field_id, key): record_id
        for field_id, key, record_id in CustomValue.objects.filter(
            field__in=list(unique.values()), unique_key__in=[row.unique_key for row in rows]
        ).values_list("field_id", "unique_key", "record_id")
    } if rows else {}  # fmt: skip
    found: dict[UUID, str] = {}
    for row in rows:
        if owners.setdefault((row.field_id, row.unique_key), row.record_id) != row.record_id:
            found.setdefault(row.record_id, row.field.key)
    return found


def index(field: CustomField, record_id: UUID, value: Json) -> list[CustomValue]:
    """The rows by which a value in its JSON form is found."""
    match field.kind:
        case Kind.TEXT | Kind.CHOICE | Kind.LINK:
            rows = [CustomValue(text=compared(value))]
        case Kind.CHOICES:
            rows = [CustomValue(text=compared(one)) for one in value]
        case Kind.NUMBER:
            rows = [CustomValue(number=Decimal(value))]
        case Kind.MONEY:
            rows = [CustomValue(number=Decimal(value["amount"]), currency=value["currency"])]
        case Kind.DATE:
            rows = [CustomValue(number=Decimal(date.fromisoformat(value).toordinal()))]
        case _:
            rows = [CustomValue(number=Decimal(int(value)))]
    for row in rows:
        row.field, row.record_id = field, record_id
        row.unique_key = _unique_key(row) if field.is_unique else None
    return rows


def _unique_key(row: CustomValue) -> str:
    return row.text if row.number is None else plain(row.number)


def compared(text: str) -> str:
    """Texts are compared without accents and capitals, by their first 200 letters."""
    return fold(text)[:LONGEST_COMPARED]


def _taken(rows: Sequence[CustomValue], error: IntegrityError) -> Exception:
    """The refusal that names the field whose value another record has; the database's own error if none does."""
    for row in rows:
        if row.unique_key is None:
            continue
        others = CustomValue.objects.filter(field=row.field, unique_key=row.unique_key).exclude(record_id=row.record_id)
        twins = sum(one.field == row.field and one.unique_key == row.unique_key for one in rows)
        if twins > 1 or others.exists():
            detail = _("Another record has this value in “%(field)s”.") % {"field": row.field.label}
            return Conflict(detail, field=f"custom.{row.field.key}", code="already_exists")
    return error


# --- Asking by values ---------------------------------------------------------------------------------------------------

OPERATORS: dict[str, tuple[str, ...]] = {
    Kind.TEXT: ("is", "not", "contains", "starts", "empty", "filled"),
    Kind.NUMBER: ("is", "not", "gte", "lte", "empty", "filled"),
    Kind.MONEY: ("is", "not", "gte", "lte", "empty", "filled"),
    Kind.DATE: ("is", "not", "gte", "lte", "empty", "filled"),
    Kind.CHOICE: ("is", "not", "any", "empty", "filled"),
    Kind.CHOICES: ("is", "not", "any", "empty", "filled"),
    Kind.YES_NO: ("is", "empty", "filled"),
    Kind.LINK: ("is", "not", "empty", "filled"),
}


def filter_by_value(queryset: QuerySet[RowT], field: CustomField, operator: str, value: Any = None) -> QuerySet[RowT]:
    """The rows whose ``field`` compares so with ``value``: ``OPERATORS`` says which comparisons a kind knows.

    ``value`` is in the JSON form or in the text form of files; of an amount the number alone compares in any currency.
    ``any`` takes a list. ``not`` includes rows without a value. Raises ``Invalid``.
    """
    if operator not in OPERATORS[field.kind]:
        allowed = ", ".join(OPERATORS[field.kind])
        raise _wrong(field, _("Choose one of: %(allowed)s.") % {"allowed": allowed}, "unknown_operator")
    rows = CustomValue.objects.filter(field=field)
    if operator in {"filled", "empty"}:
        return _with(queryset, rows, wanted=operator == "filled")
    return _with(queryset, rows.filter(_comparison(field, operator, value)), wanted=operator != "not")


def _with(queryset: QuerySet[RowT], rows: QuerySet[CustomValue], *, wanted: bool) -> QuerySet[RowT]:
    found = rows.filter(record_id=models.OuterRef("pk"))
    return queryset.filter(models.Exists(found) if wanted else ~models.Exists(found))


def _comparison(field: CustomField, operator: str, value: Any) -> Q:
    if operator in {"contains", "starts"}:
        return Q(**{"text__contains" if operator == "contains" else "text__startswith": compared(str(value))})
    if operator == "any":
        return Q(text__in=[compared(str(one)) for one in value])
    if field.kind == Kind.MONEY and not isinstance(value, dict):
        return _money_comparison(field, operator, value)
    probe = _probe(field, value)
    if probe.number is None:
        return Q(text=probe.text)
    same_currency = Q(currency=probe.currency) if probe.currency else Q()
    return same_currency & _by_number(operator, probe.number)


def _by_number(operator: str, number: Decimal) -> Q:
    return Q(**{{"gte": "number__gte", "lte": "number__lte"}.get(operator, "number"): number})


def _money_comparison(field: CustomField, operator: str, value: Any) -> Q:
    amount, _space, currency = str(value).strip().partition(" ")
    number = Decimal(_read_number(field, amount))
    return _by_number(operator, number) & (Q(currency=currency.strip().upper()) if currency else Q())


def _probe(field: CustomField, value: Any) -> CustomValue:
    """What a value sought would be indexed as. A choice that is no longer offered may still be sought."""
    if field.kind in {Kind.CHOICE, Kind.CHOICES, Kind.TEXT}:
        return CustomValue(text=compared(value if isinstance(value, str) else ""))
    read = from_text(field, value) if isinstance(value, str) else read_value(field, value)
    if read is None:
        raise _wrong(field, _("Give it a value, or leave it out."), "blank")
    return index(field, UUID(int=0), read)[0]


# --- Values as text ------------------------------------------------------------------------------------------------------

Names = Mapping[tuple[str, str], str]
NO_NAMES: Names = {}


def shown(field: CustomField, value: Json, names: Names = NO_NAMES) -> str:
    """A value as a reader sees it, in their language. Links by their name in ``names`` (see ``link_names``), else as ``—``."""
    if value is None:
        return ""
    match field.kind:
        case Kind.NUMBER:
            return formats.number(Decimal(value), places=_decimals(Decimal(value)))
        case Kind.MONEY:
            return formats.money(Decimal(value["amount"]), value["currency"])
        case Kind.DATE:
            return formats.day(date.fromisoformat(value), "year")
        case Kind.YES_NO:
            return _("Yes") if value else _("No")
        case Kind.CHOICES:
            return ", ".join(value)
        case Kind.LINK:
            return names.get((field.link_to, value), "—")
        case _:
            return str(value)


def link_names(fields: Iterable[CustomField], customs: Iterable[Mapping[str, Json]], actor: User) -> Names:
    """``{(holder, id): name}`` of what these records link to and ``actor`` sees: one query."""
    wanted = links_of(fields, customs)
    found = naming.names_of(actor, {HOLDERS[holder]: ids for holder, ids in wanted.items()})
    return {
        (holder, str(pk)): name or _("Nameless") for holder in wanted for pk, name in found[HOLDERS[holder]].items()
    }


def links_of(fields: Iterable[CustomField], customs: Iterable[Mapping[str, Json]]) -> dict[str, set[str]]:
    """The ids that these values link to, by the kind of record."""
    links = [field for field in fields if field.kind == Kind.LINK]
    wanted: dict[str, set[str]] = defaultdict(set)
    for custom in customs if links else ():
        for field in links:
            if value := custom.get(field.key):
                wanted[field.link_to].add(value)
    return wanted


def to_text(field: CustomField, value: Json) -> str:
    """A value as files have it; ``from_text`` reads it again."""
    if value is None:
        return ""
    match field.kind:
        case Kind.MONEY:
            return f"{value['amount']} {value['currency']}"
        case Kind.CHOICES:
            return SEPARATOR.join(value)
        case Kind.YES_NO:
            return "yes" if value else "no"
        case _:
            return str(value)


# In English, French and Indonesian, and as machines write it. Folded.
YES = frozenset({"yes", "y", "true", "1", "x", "on", "oui", "o", "vrai", "ya", "benar"})
NO = frozenset({"no", "n", "false", "0", "off", "non", "faux", "tidak", "salah"})


def from_text(field: CustomField, text: str, *, actor: User | None = None) -> Json:
    """A value out of a file's cell or an address, in its JSON form; None for an empty one. Raises ``Invalid``.

    Numbers and days in machine form: who reads files brings them there first. Choices without regard to capitals and
    accents.
    """
    text = text.strip()
    if not text:
        return None
    match field.kind:
        case Kind.YES_NO:
            return _yes_no_of(field, fold(text))
        case Kind.CHOICE:
            return read_value(field, _choice_like(field, text))
        case Kind.CHOICES:
            parts = [part.strip() for part in re.split(r"[;\n|]", text) if part.strip()]
            return read_value(field, [_choice_like(field, part) for part in parts])
        case Kind.MONEY:
            amount, _space, currency = text.rpartition(" ")
            return read_value(field, {"amount": amount.strip(), "currency": currency.strip().upper()})
        case Kind.LINK:
            return _link_of(field, text, actor)
        case _:
            return read_value(field, text)


def _yes_no_of(field: CustomField, folded: str) -> bool:
    if folded not in YES | NO:
        raise _wrong(field, _("Write yes or no."))
    return folded in YES


def _choice_like(field: CustomField, text: str) -> str:
    return next((one for one in field.choices if compared(one) == compared(text)), text)


_NAMED_BY: dict[str, tuple[str, Any]] = {
    Holder.COMPANY: ("name_key", normal.company_key),
    Holder.CONTACT: ("name_key", normal.name_key),
    Holder.DEAL: ("name", str),
}


def _link_of(field: CustomField, text: str, actor: User | None) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        column, key_of = _NAMED_BY.get(field.link_to, ("", None))
    named = list(_linkable(field.link_to, actor).filter(**{column: key_of(text)})[:2]) if key_of else []
    if len(named) != 1:
        raise _wrong(field, _("No record, or more than one, has this name."), "does_not_exist")
    return str(named[0].pk)


# --- Defining fields -------------------------------------------------------------------------------------------------------

CHANGEABLE = ("label", "help", "choices", "is_required", "is_unique", "default", "motions")
FIELDS = ("holder", "key", "kind", "link_to", *CHANGEABLE)


def define_field(
    *,
    actor: User | None,
    holder: str,
    kind: str,
    label: str,
    key: str = "",
    field_id: UUID | None = None,
    **fields: Any,
) -> CustomField:
    """Add a field; ``fields`` is ``link_to`` and what ``CHANGEABLE`` names. Without ``key`` it is made from the label.

    A repeat with the same ``field_id`` returns the one made before. Raises ``Forbidden``, ``Invalid``, ``Conflict`` for a
    key that is taken.
    """
    _require(actor)
    if field_id and (known := CustomField.objects.filter(pk=field_id).first()):
        return known
    refuse_unknown(fields, (*CHANGEABLE, "link_to"))
    with transaction.atomic():
        present = _locked_holder(holder)
        key = key or _free_key(label, {one.key for one in present})
        field = CustomField(
            **({"pk": field_id} if field_id else {}), holder=holder, kind=kind, label=label, key=key, **fields
        )
        if sum(one.is_active for one in present) >= MOST_FIELDS:
            raise Conflict(_("At most %(most)s fields are in use at once.") % {"most": MOST_FIELDS}, code="too_many")
        field.position = max((one.position for one in present), default=-1) + 1
        _check_definition(field)
        _save(field, lambda: field.save(force_insert=True))
        journal.record(
            actor=actor, event="custom_field.defined", instance=field, changes=journal.creation(field, FIELDS)
        )
    forget()
    return field


def change_field(
    *, actor: User | None, field_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> CustomField:
    """Change what ``CHANGEABLE`` names; holder, key and kind never change, values stand by them.

    Raises ``Conflict`` for a choice taken away that records hold (``choice_in_use``) and for a field made unique whose
    values are not (``not_unique``).
    """
    _require(actor)
    refuse_unknown(changes, CHANGEABLE)
    with transaction.atomic():
        field = _locked(field_id)
        before = journal.snapshot(field, changes)
        for name, value in changes.items():
            setattr(field, name, value)
        differences = journal.differences(before, field)
        field.require_version(expected_version)
        if not differences:
            return field
        _check_definition(field)
        _check_choices_left(field, before.get("choices", []))
        if "is_unique" in differences:
            _index_uniqueness(field)
        _save(field, lambda: field.save_version(fields=list(changes)))
        journal.record(actor=actor, event="custom_field.changed", instance=field, changes=differences)
    forget()
    return field


def put_away_field(*, actor: User | None, field_id: UUID, expected_version: int | None = None) -> CustomField:
    """Take a field out of use: pages, lists, imports and the API no longer show it. Its values stay."""
    return _use(actor, field_id, expected_version, used=False)


def use_field_again(*, actor: User | None, field_id: UUID, expected_version: int | None = None) -> CustomField:
    """Bring back a field that was put away, with the values it had."""
    return _use(actor, field_id, expected_version, used=True)


def move(*, actor: User | None, field_id: UUID, to: int) -> CustomField:
    """Put a field at place ``to`` (from 0) among those in use on its holder."""
    _require(actor)
    with transaction.atomic():
        field = _locked(field_id)
        others = [one for one in _locked_holder(field.holder) if one.is_active and one.pk != field.pk]
        place = max(0, min(to, len(others)))
        before = field.position
        for position, one in enumerate([*others[:place], field, *others[place:]]):
            if one.position != position:
                one.position = position
                one.save_version(fields=["position"])
        if field.position != before:
            journal.record(
                actor=actor,
                event="custom_field.moved",
                instance=field,
                changes={"position": (before, field.position)},
            )
    forget()
    return field


def used_by(field: CustomField) -> int:
    """How many records hold a value."""
    return CustomValue.objects.filter(field=field).values("record_id").distinct().count()


# --- inside ----------------------------------------------------------------------------------------------------------


def _require(actor: User | None) -> None:
    if actor is not None:
        policy.require(actor, MANAGE_SALES_SETTINGS)


def _locked(field_id: UUID) -> CustomField:
    field = CustomField.objects.select_for_update(of=("self",)).filter(pk=field_id).first()
    if field is None:
        raise NotFound
    return field


def _locked_holder(holder: str) -> list[CustomField]:
    """All of a holder's fields, put away or not; two who add or move at once take turns."""
    return list(
        CustomField.objects.select_for_update(of=("self",)).filter(holder=holder).order_by("position", "label", "id")
    )


def _free_key(label: str, present: set[str]) -> str:
    stem = slugify(fold(label)).replace("-", "_")[:36].strip("_")
    stem = stem if KEY.fullmatch(stem) else f"field_{stem}".strip("_")[:36]
    return next(
        key for number in range(len(present) + 1) if (key := f"{stem}_{number + 1}" if number else stem) not in present
    )


def _check_definition(field: CustomField) -> None:
    """The rules that one column alone does not show. Brings choices and default into their kept form."""
    field.label, field.help = normal.clean(field.label), normal.clean(field.help)
    if not field.label:
        raise Invalid(_("Give the field a name."), field="label", code="blank")
    if not KEY.fullmatch(field.key):
        raise Invalid(_("Small letters, digits and _, beginning with a letter."), field="key")
    _check_choices(field)
    if field.is_unique and field.kind not in MAY_BE_UNIQUE:
        raise Invalid(_("Values of this kind cannot be unique."), field="is_unique")
    if (field.kind == Kind.LINK) != bool(field.link_to):
        raise Invalid(_("A link says which records it leads to; others do not."), field="link_to")
    if field.motions and field.holder not in WITH_MOTION:
        raise Invalid(_("Only leads and deals have a motion."), field="motions")
    field.motions = [motion for motion in Motion.values if motion in set(field.motions)] or []
    _check_default(field)


def _check_choices(field: CustomField) -> None:
    if field.kind not in {Kind.CHOICE, Kind.CHOICES}:
        if field.choices:
            raise Invalid(_("Only a choice has choices."), field="choices")
        return
    field.choices = [text for one in field.choices if (text := normal.clean(one))]
    if not field.choices:
        raise Invalid(_("Write at least one choice."), field="choices", code="blank")
    if len(field.choices) > MOST_CHOICES:
        raise Invalid(_("At most %(most)s items.") % {"most": MOST_CHOICES}, field="choices", code="max_length")
    if len({compared(one) for one in field.choices}) < len(field.choices):
        raise Invalid(_("Two choices are the same."), field="choices")
    if any(SEPARATOR.strip() in one for one in field.choices):
        raise Invalid(_("A choice cannot hold a semicolon: files separate choices by it."), field="choices")


def _check_default(field: CustomField) -> None:
    if field.default is None:
        return
    if field.is_unique or field.kind == Kind.LINK:
        raise Invalid(_("A value that everybody gets cannot be unique or a link."), field="default")
    try:
        field.default = read_value(field, field.default)
    except Invalid as error:
        raise Invalid(error.detail, field="default", code=error.specific_code) from error


def _check_choices_left(field: CustomField, before: list[str]) -> None:
    gone = {compared(one): one for one in before} if field.kind in {Kind.CHOICE, Kind.CHOICES} else {}
    for one in field.choices:
        gone.pop(compared(one), None)
    held = (
        CustomValue.objects.filter(field=field, text__in=gone).values_list("text", flat=True).first() if gone else None
    )
    if held is not None:
        detail = _("Records still hold “%(choice)s”.") % {"choice": gone[held]}
        raise Conflict(detail, field="choices", code="choice_in_use")


def _index_uniqueness(field: CustomField) -> None:
    """Give the values already there their unique keys, or take these away."""
    values = CustomValue.objects.filter(field=field)
    if not field.is_unique:
        values.update(unique_key=None)
        return
    trimmed = Cast(Func(F("number"), function="trim_scale"), CharField())
    try:
        with transaction.atomic():
            values.filter(number=None).update(unique_key=F("text"))
            values.exclude(number=None).update(unique_key=trimmed)
    except IntegrityError as error:
        raise Conflict(_("Some records have the same value."), field="is_unique", code="not_unique") from error


def _use(actor: User | None, field_id: UUID, expected_version: int | None, *, used: bool) -> CustomField:
    _require(actor)
    with transaction.atomic():
        field = _locked(field_id)
        field.require_version(expected_version)
        if field.is_active != used:
            field.is_active = used
            if used:
                field.position = _next_position(field.holder)
            field.save_version(fields=["is_active", "position"])
            event = "custom_field.used_again" if used else "custom_field.put_away"
            journal.record(actor=actor, event=event, instance=field, changes={"is_active": (not used, used)})
    forget()
    return field


def _next_position(holder: str) -> int:
    last: int | None = CustomField.objects.filter(holder=holder).aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def _save(field: CustomField, write: Any) -> None:
    try:
        field.clean_fields()
        with transaction.atomic():
            write()
    except ValidationError as error:
        raise first_fault(error) from error
    except IntegrityError as error:
        raise Conflict(_("There is a field with this key already."), field="key", code="already_exists") from error
