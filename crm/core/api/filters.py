"""Documented filters: an allow-list per resource, strict values, and a refusal for parameters nobody declared (D27).

A misspelt filter that is silently ignored answers with everybody's rows; so unknown parameters are an error.
"""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request
from typing_extensions import override

from crm.core.api import fields, text
from crm.core.api.problems import BAD_PARAMETER, ApiRefusal, Fault, Problem, bad_parameter

LONGEST_TEXT = 300


class _InstantInput(forms.Field):
    @override
    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            return fields.parse_instant(value)
        except ValueError as error:
            hint = _("Write a time with its offset, such as 2026-11-21T09:30:00Z; a “+” in an address is written %2B.")
            raise forms.ValidationError(
                hint, "offset_missing" if isinstance(error, fields.NoOffset) else "invalid"
            ) from error


class _IdInput(forms.Field):
    @override
    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if (identifier := fields.parse_id(value)) is None:
            raise forms.ValidationError(_("Write a UUID, such as 0192f0a0-5c8e-7000-8000-000000000000."), "invalid")
        return identifier


class _TextInput(forms.CharField):
    @override
    def to_python(self, value: Any) -> str:
        return text.normal(super().to_python(value) or "")


class _FlagInput(forms.Field):
    @override
    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        if value not in {"true", "false"}:
            raise forms.ValidationError(_("Write true or false."), "invalid")
        return bool(value == "true")


class InstantFilter(django_filters.IsoDateTimeFilter):
    """A time with offset."""

    field_class = _InstantInput


class IdFilter(django_filters.UUIDFilter):
    """A UUID in canonical form."""

    field_class = _IdInput


class TextFilter(django_filters.CharFilter):
    """Text in NFC; the lookup says how it compares."""

    field_class = _TextInput

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, max_length=LONGEST_TEXT, **options)


class FlagFilter(django_filters.BooleanFilter):
    """``true`` or ``false``."""

    field_class = _FlagInput


class ChoiceFilter(django_filters.ChoiceFilter):
    """One of a closed list."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, empty_label=None, **options)


class Filters(django_filters.FilterSet):
    """Filters of a resource. Declared one by one, each with a ``label`` that says in English what it does."""


class RowFilters(Filters):
    """Filters of business rows: they know when they were last written."""

    updated_since = InstantFilter(field_name="updated_at", lookup_expr="gte", label="Written at or after this time.")


class FilterBackend(DjangoFilterBackend):
    """django-filter with our refusals: 400, one fault per parameter."""

    filterset_base: ClassVar = Filters

    @override
    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset_class = self.get_filterset_class(view, queryset)
        if filterset_class is None or filterset_class.base_filters.keys().isdisjoint(request.query_params):
            return queryset  # a set of filters is costly to make, and most lists are asked for without
        filterset = self.get_filterset(request, queryset, view)
        if not filterset.is_valid():
            raise _refusal(filterset.form)
        rows: QuerySet[Any] = filterset.qs
        return rows


def _refusal(form: forms.Form) -> ApiRefusal:
    faults = tuple(
        Fault(name, str(error.code or "invalid"), " ".join(error.messages), "parameter")
        for name, errors in form.errors.as_data().items()
        for error in errors
    )
    return ApiRefusal(Problem(BAD_PARAMETER, faults[0].detail, faults[0].code, faults))


def check_parameters(request: Request, allowed: frozenset[str]) -> None:
    """Refuse parameters that mean nothing here, mean two things (given twice), or hold nothing or a NUL."""
    for name, values in request.query_params.lists():
        if name not in allowed:
            raise bad_parameter(name, "unknown_parameter", _("There is no such parameter here."))
        if len(values) > 1:
            raise bad_parameter(name, "repeated_parameter", _("Give it once."))
        if not values[0]:  # a filter by nothing would answer with everything
            raise bad_parameter(name, "blank", _("Give it a value, or leave it out."))
        if not text.is_storable(values[0]):
            raise bad_parameter(name, "unstorable_text", _("It holds a NUL or half a surrogate pair."))
