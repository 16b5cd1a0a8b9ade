"""``/saved-views``: how somebody likes to see a list, kept and shared."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from typing_extensions import override

from accounts.models import User
from crm.core.api.fields import Choice, Flag, ListOf, Text
from crm.core.api.filters import ChoiceFilter, FlagFilter, RowFilters
from crm.core.api.pagination import keyed
from crm.core.api.resources import Changes, Creates, Lists, Removes, Retrieves
from crm.core.api.serializers import CreateSerializer, WriteSerializer
from leads.api import fields
from leads.models import SavedView
from leads.policies import VIEW_VIEWS, WRITE_VIEWS
from leads.services import views

MOST_FILTERS, LONGEST_FILTERS = 60, 200_000


@extend_schema_field({"type": "object", "description": "What the list is narrowed by.", "additionalProperties": True})
class FiltersKept(serializers.Field[Any, Any, Any, Any]):
    """The parameters of a list, by name."""

    @override
    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise ValidationError([ErrorDetail("Write an object.", "not_an_object")])
        if len(data) > MOST_FILTERS or len(json.dumps(data, default=str)) > LONGEST_FILTERS:
            raise ValidationError([ErrorDetail(f"At most {MOST_FILTERS} filters.", "max_length")])
        return json.loads(json.dumps(data, default=str))  # type: ignore[no-any-return] # decimals as text

    @override
    def to_representation(self, value: Any) -> Any:
        return value


class SavedViewRead(fields.RecordRead):
    """Filters, columns and order of a list under a name."""

    owner = fields.to(User, "owner_id")
    filters = FiltersKept(read_only=True)

    class Meta:
        model = SavedView
        fields = ("id", "of", "name", "owner", "filters", "columns", "order", "is_shared", "is_first", *fields.STAMPS)


class SavedViewChange(WriteSerializer):
    """A changed view of one's own."""

    example = {"is_shared": True}

    name = Text(max_length=80, required=False)
    filters = FiltersKept(required=False)
    columns = ListOf(Text(max_length=60), max_length=60, required=False)
    order = Text(max_length=60, required=False, allow_blank=True)
    is_shared = Flag(required=False, help_text="Everybody who sees the list may open it.")
    is_first = Flag(required=False, help_text="The list opens with it; another one gives way.")


class SavedViewCreate(CreateSerializer, SavedViewChange):
    """A new view of one's own."""

    example = {"of": "leads", "name": "Trade show, still new", "filters": {"status": ["new"]}, "order": "-arrived_at"}

    of = Choice(choices=SavedView.Of.choices)
    name = Text(max_length=80)


class SavedViewFilters(RowFilters):
    """Narrow the list of saved views."""

    of = ChoiceFilter(choices=SavedView.Of.choices, label="Of this list.")
    is_shared = FlagFilter(label="Shared with everybody.")


class SavedViews(Lists, Retrieves, Creates, Changes, Removes):
    """Saved views: one's own, and those that others share. A view is its owner's to change."""

    noun = "a saved view"
    acts = {
        "list": VIEW_VIEWS,
        "retrieve": VIEW_VIEWS,
        "create": WRITE_VIEWS,
        "change": WRITE_VIEWS,
        "remove": WRITE_VIEWS,
    }
    reader = SavedViewRead
    takes = {"create": SavedViewCreate, "change": SavedViewChange}
    filterset_class = SavedViewFilters
    orders = keyed({"name": "name", "updated_at": "updated_at"})

    @override
    def rows(self) -> QuerySet[Any]:
        return SavedView.objects.visible_to(self.person)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return views.create_view(actor=self.person, view_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return views.change_view(actor=self.person, view_id=row_id, changes=changes, expected_version=expected_version)

    @override
    def remove_row(self, row_id: UUID, expected_version: int | None) -> Any:
        return views.delete_view(actor=self.person, view_id=row_id, expected_version=expected_version)
