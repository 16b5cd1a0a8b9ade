"""What the lists of this app can be narrowed by; those of a module's own stand beside its resource."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists, Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from typing_extensions import override

from crm.core.api.fields import visible
from crm.core.api.filters import FilterBackend, IdFilter, InstantFilter, RowFilters, TextFilter
from crm.core.api.problems import bad_parameter
from crm.core.api.resources import Resource
from crm.core.errors import Invalid
from leads.finding.asking import read
from leads.models import CustomField
from leads.services import custom
from leads.services.finding import has_words

PREFIX = "custom."


class LinkFilter(IdFilter):
    """By a record named: one out of the caller's sight finds nothing, else the filter would tell what it belongs to."""

    def __init__(self, model: type[Model], **options: Any) -> None:
        self.linked = model  # `model` is the library's word for that of the list
        super().__init__(**options)

    @override
    def filter(self, qs: QuerySet[Any], value: UUID | None) -> QuerySet[Any]:
        if value is None:
            return qs
        seen = visible(self.linked, self.parent.request.user).filter(pk=value)
        found: QuerySet[Any] = super().filter(qs, value)
        return found.filter(Exists(seen))


class RecordFilters(RowFilters):
    """What all records share."""

    search = TextFilter(method="has_words", label="Words, beginnings of words, or part of a telephone number.")
    external_source = TextFilter(label="Known in this system.")
    external_id = TextFilter(label="Known under this id there.")
    created_since = InstantFilter(field_name="created_at", lookup_expr="gte", label="Made at or after this time.")

    def has_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        asked = read(value)
        return rows.none() if asked.is_empty else rows.filter(has_words(asked.beginnings))


class CustomBackend(BaseFilterBackend):
    """``custom.<key>=value`` and ``custom.<key>.<operator>=value``, as ``leads.services.custom.OPERATORS`` has them."""

    @override
    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        for name, value in request.query_params.items():
            if name.startswith(PREFIX):
                queryset = _narrow(queryset, view.holder, name, str(value))
        return queryset


def _narrow(rows: QuerySet[Any], holder: str, name: str, value: str) -> QuerySet[Any]:
    key, _dot, operator = name.removeprefix(PREFIX).partition(".")
    field = custom.field_of(holder, key)
    assert field is not None  # `CustomFiltered` let only known ones through
    try:
        if operator in {"empty", "filled"}:
            if value not in {"true", "false"}:
                raise bad_parameter(name, "invalid", _("Write true or false."))
            wanted = operator if value == "true" else {"empty": "filled", "filled": "empty"}[operator]
            return custom.filter_by_value(rows, field, wanted)
        asked: Any = [part.strip() for part in value.split(custom.SEPARATOR.strip())] if operator == "any" else value
        return custom.filter_by_value(rows, field, operator or "is", asked)
    except Invalid as error:
        raise bad_parameter(name, error.specific_code, error.detail) from error


def custom_parameters(holder: str) -> dict[str, CustomField]:
    """The names of the filters by custom fields -> the field."""
    return {
        f"{PREFIX}{field.key}{suffix}": field
        for field in custom.fields_of(holder)
        for suffix in ("", *(f".{operator}" for operator in custom.OPERATORS[field.kind] if operator != "is"))
    }


class CustomFiltered(Resource):
    """A list that can be narrowed by the organisation's own fields."""

    holder: str = ""
    filter_backends = [FilterBackend, CustomBackend]

    @override
    def allowed_parameters(self) -> frozenset[str]:
        allowed = super().allowed_parameters()
        asks = self.action == "list" and any(name.startswith(PREFIX) for name in self.request.query_params)
        return allowed | custom_parameters(self.holder).keys() if asks else allowed
