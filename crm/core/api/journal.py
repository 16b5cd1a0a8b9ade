"""``/journal``: the audit trail, for administrators. (The gap-safe feed for other systems is ``/changes``.)"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from crm.core.api.fields import visible
from crm.core.api.filters import Filters, IdFilter, InstantFilter, TextFilter
from crm.core.api.resources import Lists
from crm.core.api.serializers import ReadSerializer
from crm.core.models import JournalEntry
from crm.core.policies import VIEW_JOURNAL

CHANGES = {
    "type": "object",
    "description": "Field -> [before, after].",
    "additionalProperties": {"type": "array", "items": {}, "minItems": 2, "maxItems": 2},
}


@extend_schema_field(CHANGES)
class Changes(serializers.JSONField):
    """What changed, field by field."""


class JournalRead(ReadSerializer):
    """One change: who did what to which record, when, through which door, with the values before and after."""

    always = frozenset({"position"})

    changes = Changes()

    class Meta:
        model = JournalEntry
        fields = (
            "position",
            "at",
            "event",
            "actor_id",
            "actor_label",
            "object_type",
            "object_id",
            "object_version",
            "changes",
            "request_id",
        )


class JournalFilters(Filters):
    """What an auditor asks for."""

    event = TextFilter(label="One event, such as user.changed.")
    object_type = TextFilter(label="One kind of record, such as accounts.user.")
    object = IdFilter(field_name="object_id", label="One record.")
    actor = IdFilter(field_name="actor_id", label="One person's doings.")
    request = TextFilter(field_name="request_id", label="One request, by the id in X-Request-ID.")
    since = InstantFilter(field_name="at", lookup_expr="gte", label="At or after this time.")
    until = InstantFilter(field_name="at", lookup_expr="lt", label="Before this time.")


class Journal(Lists):
    """The journal: every change ever made through Tandem, newest first."""

    noun = "an entry"
    acts = {"list": VIEW_JOURNAL}
    reader = JournalRead
    filterset_class = JournalFilters
    orders = {"position": "position"}
    default_order = "-position"

    @override
    def rows(self) -> QuerySet[Any]:
        return visible(JournalEntry, self.person)
