"""What goes out and what comes in, declared apart: explicit fields, nothing by default, nothing unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from typing_extensions import override

from crm.core.api.fields import Identifier, Instant, Reference
from crm.core.policy import Person

AnyField = serializers.Field[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One name in an answer: the attribute of the row it comes from, and how the value is shown (None: as it is)."""

    name: str
    source: str
    field: AnyField
    show: Callable[[Any], Any] | None


class ReadSerializer(serializers.ModelSerializer[Any]):
    """A record as the API shows it. ``Meta.fields`` is written out; ``only`` (from ``?fields=``) narrows it.

    Shown to ``person`` (from the context's request): references outside their scope are null. DRF's fields declare the
    shape; how to read them is worked out once per class, because a list of 50 rows would ask a thousand times.
    """

    # Shown also when ``?fields=`` does not name them: what the record is known by.
    always: ClassVar[frozenset[str]] = frozenset({"id"})
    serializer_field_mapping: ClassVar = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: Instant
    }

    def __init__(self, *args: Any, only: frozenset[str] | None = None, **options: Any) -> None:
        self.only = only
        super().__init__(*args, **options)

    @classmethod
    @cache
    def columns(cls) -> tuple[Column, ...]:
        """All of the class's columns, in the order of ``Meta.fields``."""
        return tuple(_column(name, field) for name, field in cls().fields.items())

    @property
    def person(self) -> Person:
        person: Person = self.context["request"].user
        return person

    def represent(self, rows: Sequence[models.Model]) -> list[dict[str, Any]]:
        """The rows of one page as JSON values, in a number of queries that does not grow with the page."""
        self.prepare(rows)
        return [self.to_representation(row) for row in rows]

    def prepare(self, rows: Sequence[models.Model]) -> None:
        """Load what several rows share. Extended by serializers that need more than references."""
        wanted = None if self.only is None else self.only | self.always
        shown = [one for one in self.columns() if wanted is None or one.name in wanted]
        self.names = [one.name for one in shown]
        # One call in C reads a whole row; the key comes last so that there are always several values.
        self.read = attrgetter(*(one.source for one in shown), "pk")
        self.converted = [(one.name, show) for one in shown if (show := self._way_of(one, rows)) is not None]
        self.worked_out = [
            (one.name, getattr(self, one.field.method_name))
            for one in shown
            if isinstance(one.field, serializers.SerializerMethodField)
        ]

    def _way_of(self, column: Column, rows: Sequence[models.Model]) -> Callable[[Any], Any] | None:
        if isinstance(column.field, Reference):
            return column.field.shown_by(column.field.load(rows, self.person))
        return column.show

    @override
    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = dict(zip(self.names, self.read(instance), strict=False))
        for name, show in self.converted:
            value = shown[name]
            if value is not None:
                shown[name] = show(value)
        for name, work_out in self.worked_out:
            shown[name] = work_out(instance)
        return shown


# JSON knows their values.
PLAIN = (serializers.CharField, serializers.ChoiceField, serializers.BooleanField, serializers.IntegerField)


def _column(name: str, field: AnyField) -> Column:
    if isinstance(field, serializers.SerializerMethodField):
        return Column(name, "pk", field, None)  # in its place; worked out from the whole row
    plain = isinstance(field, PLAIN) or (isinstance(field, serializers.ListField) and isinstance(field.child, PLAIN))
    return Column(name, field.source or name, field, None if plain else field.to_representation)


class WriteSerializer(serializers.Serializer[Any]):
    """Input of one operation. Fields are declared one by one; any other name is refused (``unknown_field``).

    ``example`` is a body that works; it stands in the OpenAPI document, and a test posts it.
    """

    example: ClassVar[Mapping[str, Any]]
    default_error_messages = {"invalid": _("Write an object.")}

    @override
    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise ValidationError({"non_field_errors": [ErrorDetail(str(_("Write an object.")), "not_an_object")]})
        faults: dict[str, Any] = {
            name: [ErrorDetail(str(_("There is no such field here.")), "unknown_field")]
            for name in data
            if name not in self.fields
        }
        try:
            values: dict[str, Any] = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError(faults | dict(error.detail)) from error  # type: ignore[arg-type]
        if faults:
            raise ValidationError(faults)
        return values


class CreateSerializer(WriteSerializer):
    """Input that makes a record: the client may choose its id, so that a repeat finds the first one."""

    id = Identifier(
        required=False,
        help_text="Chosen by the client (UUIDv7 advised), or left out. A repeat with the same id finds the first record.",
    )
