"""What goes out and what comes in, declared apart: explicit fields, nothing by default, nothing unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from typing_extensions import override

from crm.core.api.fields import Identifier, Instant, Reference
from crm.core.policy import Person

Fields = dict[str, serializers.Field[Any, Any, Any, Any]]


class ReadSerializer(serializers.ModelSerializer[Any]):
    """A record as the API shows it. ``Meta.fields`` is written out; ``only`` (from ``?fields=``) narrows it.

    Shown to ``person`` (from the context's request): references outside their scope are null.
    """

    # Shown also when ``?fields=`` does not name them: what the record is known by.
    always: ClassVar[frozenset[str]] = frozenset({"id"})
    serializer_field_mapping: ClassVar = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: Instant
    }

    # Loaded by `prepare`: per field the visible records by id.
    references: Mapping[str, Mapping[Any, dict[str, Any]]]

    def __init__(self, *args: Any, only: frozenset[str] | None = None, **options: Any) -> None:
        self.only = only
        super().__init__(*args, **options)

    @override
    def get_fields(self) -> Fields:
        fields: Fields = super().get_fields()
        if self.only is None:
            return fields
        return {name: field for name, field in fields.items() if name in self.only | self.always}

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
        self.references = {
            name: field.load(rows, self.person) for name, field in self.fields.items() if isinstance(field, Reference)
        }


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
