"""Strict fields: each takes exactly one JSON type, says plainly what it wants, and never guesses.

Write serializers declare these; read serializers need ``Reference`` and get ``Instant`` by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.core.validators import validate_email
from django.db.models import Model, QuerySet
from django.db.models.expressions import Combinable
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty
from typing_extensions import override

from crm.core import policy
from crm.core.api import text
from crm.core.policy import Person

CANONICAL_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
PLAIN_DECIMAL = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)
PLAIN_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
RESERVED_IDS = frozenset({UUID(int=0), UUID(int=2**128 - 1)})


def parse_id(value: Any) -> UUID | None:
    """A UUID in its canonical form, or None. (``UUID`` itself takes braces, URNs and, in DRF, integers.)"""
    return UUID(value) if isinstance(value, str) and CANONICAL_ID.fullmatch(value) else None


class NoOffset(ValueError):
    """A time of which nobody knows where it was read off the clock."""


def parse_instant(value: str) -> datetime:
    """An ISO 8601 time with offset, in UTC. Raises ``NoOffset``, or ``ValueError`` for anything else that is wrong."""
    moment = parse_datetime(value)
    if moment is None:
        raise ValueError(value)
    if moment.tzinfo is None:
        raise NoOffset(value)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(value) from error


class Text(serializers.CharField):
    """A string in NFC, trimmed, without control characters; ``multiline`` admits tabs and line feeds."""

    default_error_messages = {
        "invalid": _("Write text here."),
        "control_character": _("Control characters are not taken."),
        "required": _("This is required."),
        "null": _("This cannot be null."),
        "blank": _("This cannot be empty."),
        "max_length": _("At most {max_length} characters."),
    }

    def __init__(self, *, max_length: int, multiline: bool = False, **options: Any) -> None:
        self.multiline = multiline
        super().__init__(max_length=max_length, **options)

    @override
    def run_validation(self, data: Any = empty) -> Any:
        # DRF's own test for "blank" turns anything into text first.
        if data is not empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)

    @override
    def to_internal_value(self, data: Any) -> str:
        value = text.normal(data).strip()
        if text.has_controls(value, multiline=self.multiline):
            self.fail("control_character")
        return value


class Email(Text):
    """An e-mail address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)
        self.validators.append(validate_email)


class Identifier(serializers.UUIDField):
    """A UUID that the client chose, canonical form; the all-zero and all-one ones are reserved."""

    default_error_messages = {"invalid": _("Write a UUID, such as 0192f0a0-5c8e-7000-8000-000000000000.")}

    @override
    def to_internal_value(self, data: Any) -> UUID:
        value = parse_id(data)
        if value is None or value in RESERVED_IDS:
            self.fail("invalid")
        return value


class Choice(serializers.ChoiceField):
    """One of a closed list, written exactly."""

    default_error_messages = {"invalid_choice": _("Choose one of: {allowed}.")}

    @override
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", allowed=", ".join(map(str, self.choices)))
        return data


class Flag(serializers.BooleanField):
    """``true`` or ``false``."""

    default_error_messages = {"invalid": _("Write true or false.")}

    @override
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Whole(serializers.IntegerField):
    """An integer between ``min_value`` and ``max_value``, both always given: the column has bounds too."""

    default_error_messages = {
        "invalid": _("Write a whole number."),
        "max_value": _("At most {max_value}."),
        "min_value": _("At least {min_value}."),
    }

    def __init__(self, *, min_value: int, max_value: int, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **options)

    @override
    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class Number(serializers.DecimalField):
    """A decimal, as text or as a JSON number (which the parser reads exactly); answered as text."""

    default_error_messages = {
        "invalid": _("Write a number, such as 12.50."),
        "max_digits": _("At most {max_digits} digits."),
        "max_decimal_places": _("At most {max_decimal_places} digits after the point."),
        "max_whole_digits": _("At most {max_whole_digits} digits before the point."),
        "max_value": _("At most {max_value}."),
        "min_value": _("At least {min_value}."),
    }

    @override
    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | Decimal):
            self.fail("invalid")
        if isinstance(data, str) and not PLAIN_DECIMAL.fullmatch(data):
            self.fail("invalid")
        try:
            return self.quantize(self.validate_precision(Decimal(data)))
        except InvalidOperation:
            self.fail("invalid")


class Instant(serializers.DateTimeField):
    """A point in time: read with an offset, answered in UTC with ``Z``."""

    default_error_messages = {
        "invalid": _("Write a time with its offset, such as 2026-11-21T09:30:00+01:00."),
        "offset_missing": _("Say the offset, such as 2026-11-21T09:30:00+01:00 or …Z."),
    }

    @override
    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid")
        try:
            return parse_instant(value)
        except NoOffset:
            self.fail("offset_missing")
        except ValueError:
            self.fail("invalid")

    @override
    def to_representation(self, value: Any) -> Any:
        return as_instant(value)


def as_instant(value: datetime | None) -> str | None:
    """``2026-11-21T08:30:00Z``: the same for every reader, whatever zone their pages are shown in."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None


class Day(serializers.DateField):
    """A calendar day, ``2026-11-21``."""

    default_error_messages = {"invalid": _("Write a day, such as 2026-11-21.")}

    @override
    def to_internal_value(self, value: Any) -> date:
        if not isinstance(value, str) or not PLAIN_DAY.fullmatch(value):
            self.fail("invalid")
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail("invalid")


class ListOf(serializers.ListField):
    """A list of at most ``max_length`` items of ``child``."""

    default_error_messages = {
        "not_a_list": _("Write a list."),
        "max_length": _("At most {max_length} items."),
        "min_length": _("At least {min_length} items."),
        "empty": _("This list cannot be empty."),
    }

    def __init__(self, child: serializers.Field[Any, Any, Any, Any], *, max_length: int, **options: Any) -> None:
        super().__init__(child=child, max_length=max_length, **options)

    @override
    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        if len(data) > (self.max_length or 0):  # before looking at a million items
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


def visible(model: type[Model], person: Person) -> QuerySet[Any]:
    """The records of ``model`` that ``person`` sees."""
    return policy.scope(model._default_manager.all(), person)


class Visible(serializers.PrimaryKeyRelatedField[Any]):
    """The id of a record the caller sees; any other one looks like one that does not exist (D24, D25).

    Override ``get_queryset`` to narrow the choice further, never to widen it.
    """

    default_error_messages = {
        "does_not_exist": _("There is no such record, or you may not see it."),
        "incorrect_type": _("Write the id of a record, a UUID."),
    }

    def __init__(self, model: type[Model], **options: Any) -> None:
        self.model = model
        super().__init__(queryset=model._default_manager.none(), **options)

    @override
    def get_queryset(self) -> QuerySet[Any]:
        return visible(self.model, self.context["request"].user)

    @override
    def to_internal_value(self, data: Any) -> Model:
        identifier = parse_id(data)
        if identifier is None:
            self.fail("incorrect_type")
        row: Model | None = self.get_queryset().filter(pk=identifier).first()
        if row is None:
            self.fail("does_not_exist")
        return row


class VisibleList(ListOf):
    """Ids of records the caller sees, each once; looked up together in one query."""

    default_error_messages = Visible.default_error_messages

    def __init__(self, model: type[Model], *, max_length: int, **options: Any) -> None:
        self.model = model
        super().__init__(Identifier(), max_length=max_length, **options)

    @override
    def to_internal_value(self, data: Any) -> list[Any]:
        identifiers = list(dict.fromkeys(super().to_internal_value(data)))
        found = {row.pk: row for row in visible(self.model, self.context["request"].user).filter(pk__in=identifiers)}
        if missing := [place for place, identifier in enumerate(identifiers) if identifier not in found]:
            detail = str(self.error_messages["does_not_exist"])
            raise serializers.ValidationError(
                {str(place): [ErrorDetail(detail, "does_not_exist")] for place in missing}
            )
        return [found[identifier] for identifier in identifiers]


class Reference(serializers.Field[Any, Any, Any, Any]):
    """Another record as ``{"id": …, "name": …}`` when the caller sees it, else null.

    ``source`` is the column with its id. The rows of a whole page are looked up in one query per field, starting from
    ``visible_to``: a list needs no join, and nobody learns a name through a record they see from one they do not.
    """

    def __init__(self, model: type[Model], *, source: str, label: str | Combinable = "name", **options: Any) -> None:
        self.model, self.column, self.shown = model, source, label
        super().__init__(read_only=True, source=source, **options)

    def identifiers(self, rows: Iterable[Any]) -> set[Any]:
        """The ids that ``rows`` name."""
        return {getattr(row, self.column) for row in rows} - {None}

    def load(self, rows: Iterable[Any], person: Person) -> dict[Any, dict[str, Any]]:
        """The records that ``rows`` name and ``person`` sees, ready to be shown."""
        wanted = self.identifiers(rows)
        if not wanted:
            return {}
        rows_seen = visible(self.model, person).filter(pk__in=wanted).values_list("pk", self.shown)
        return {pk: {"id": str(pk), "name": label} for pk, label in rows_seen}

    def shown_by(self, loaded: Mapping[Any, dict[str, Any]]) -> Callable[[Any], Any]:
        """How a value of the source column is shown, once the page's records are loaded."""
        return loaded.get


class References(Reference):
    """Several records, as a list by name of those the caller sees. ``source`` holds their ids."""

    @override
    def identifiers(self, rows: Iterable[Any]) -> set[Any]:
        return {identifier for row in rows for identifier in getattr(row, self.column)}

    @override
    def shown_by(self, loaded: Mapping[Any, dict[str, Any]]) -> Callable[[Any], Any]:
        return lambda identifiers: sorted((loaded[one] for one in identifiers if one in loaded), key=_by_name)


def _by_name(reference: dict[str, Any]) -> tuple[str, str]:
    return reference["name"].casefold(), reference["id"]
