"""What imports and exports look like over the API."""

from __future__ import annotations

import base64
import binascii
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from typing_extensions import override

from accounts.models import User
from crm.core.api.fields import Choice, Reference, Text
from crm.core.api.serializers import CreateSerializer, ReadSerializer, WriteSerializer
from crm.integrations.models import ExportJob, ImportJob
from crm.integrations.services import results

STAMPS = ("created_at", "updated_at", "version")
SHOWN_ROWS = 200
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_ROW = {
    "type": "object",
    "properties": {
        "line": {"type": "integer"},
        "outcome": {"type": "string"},
        "column": {"type": "string"},
        "code": {"type": "string"},
        "message": {"type": "string"},
    },
}


@extend_schema_field(_TEXTS)
class Texts(serializers.DictField):
    """An object of texts: ``{"Company name": "company"}``."""

    child = serializers.CharField(allow_blank=True, max_length=300)


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "duplicates": {"type": "string", "enum": ["update", "skip", "create"]},
            "source": {"type": "string", "description": "The system that the ids in the file belong to."},
            "country": {"type": "string"},
            "currency": {"type": "string"},
            "make_products": {"type": "boolean"},
            "defaults": {**_TEXTS, "description": "Field to text: for rows that have none of their own."},
            "values": {
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
                "description": "Field to words of the file to ours; empty for nothing, null refuses the row; * is any other.",
            },
        },
        "additionalProperties": True,
    }
)
class Options(serializers.DictField):
    """How an import comes in."""

    child = serializers.JSONField()


@extend_schema_field({"type": ["object", "null"], "additionalProperties": True})
class Counts(serializers.JSONField):
    """An object of counts; null while there are none."""


class ImportRead(ReadSerializer):
    """A file on its way in: how it was read, what its columns become, how far it is, and the first rows that did not come in.

    ``read`` is the sum of the five outcomes, at every moment.
    """

    owner = Reference(User, source="owner_id")
    read = serializers.IntegerField(source="position", read_only=True)  # type: ignore[assignment]
    trial = Counts(read_only=True)
    undone = Counts(read_only=True)
    rows = serializers.SerializerMethodField(help_text=f"At most {SHOWN_ROWS}; all of them are in the result file.")

    class Meta:
        model = ImportJob
        fields = (
            "id", "owner", "target", "name", "sha256", "size", "state", "settings", "columns", "mapping", "options", "total", "read",
            "created", "updated", "unchanged", "refused", "skipped", "trial", "undone", "problem", "rows", "started_at", "finished_at",
            *STAMPS,
        )  # fmt: skip

    @extend_schema_field({"type": "array", "items": _ROW})
    def get_rows(self, job: ImportJob) -> list[dict[str, Any]]:
        rows = results.told(job).values("line", "outcome", "column", "code", "message")[:SHOWN_ROWS]
        return [dict(row) for row in rows]


class ImportCreate(CreateSerializer):
    """A file and what it holds. Text goes into ``content``, anything else into ``content_base64``."""

    example: ClassVar = {
        "target": "companies",
        "name": "companies.csv",
        "content": "name,city\nFromageries du Forez,Feurs\n",
    }

    target = Choice(choices=ImportJob.Target.choices)
    name = Text(max_length=200)
    content = serializers.CharField(required=False, trim_whitespace=False)
    content_base64 = serializers.CharField(required=False)

    @override
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        text, packed = attrs.pop("content", None), attrs.pop("content_base64", None)
        if (text is None) == (packed is None):
            raise ValidationError({"content": [ErrorDetail(str(_("Give the content once.")), "required")]})
        try:
            body = text.encode() if text is not None else base64.b64decode(packed, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValidationError(
                {"content_base64": [ErrorDetail(str(_("This is not base64.")), "not_base64")]}
            ) from error
        return attrs | {"blocks": [body]}


class ImportChange(WriteSerializer):
    """Corrections while nothing ran yet. ``mapping`` is the whole mapping; ``settings`` and ``options`` change what they name."""

    example: ClassVar = {"mapping": {"name": "name"}, "options": {"duplicates": "skip"}}

    target = Choice(choices=ImportJob.Target.choices, required=False)
    settings = Texts(required=False)
    mapping = Texts(required=False)
    options = Options(required=False)


class ExportRead(ReadSerializer):
    """A list as a file; once ``done`` it is fetched from ``exports/{id}/file`` until ``expires_at``."""

    class Meta:
        model = ExportJob
        fields = (
            "id",
            "kind",
            "format",
            "filters",
            "state",
            "rows_done",
            "rows_total",
            "size",
            "problem",
            "finished_at",
            "expires_at",
            *STAMPS,
        )


class ExportCreate(CreateSerializer):
    """Which list, in which format; all that the caller sees of it."""

    example: ClassVar = {"kind": "companies", "format": "csv"}

    kind = Text(max_length=40, help_text="leads, companies, contacts, deals, products, people.")
    format = Choice(choices=ExportJob.Format.choices, required=False)
