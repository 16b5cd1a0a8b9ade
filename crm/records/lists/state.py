"""What a reader asked of a list: filters, columns, order. It stands in the address, so it can be kept, shared and walked back."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from crm.core import policy
from crm.records.lists.filters import PICKED, Filter
from crm.records.lists.spec import Column, ListSpec
from leads.models import SavedView
from leads.policies import VIEW_CONTACTS
from leads.services.views import MEMBERS

VIEW, COLUMNS, ORDER, CURSOR, SHAPE = "view", "columns", "order", "cursor", "as"


class State:
    """Reads the address of a list. What makes no sense in it is left out and said (``errors``)."""

    def __init__(self, spec: ListSpec, reader: User, query: QueryDict) -> None:
        self.spec, self.reader, self.query = spec, reader, query
        self.filters: list[Filter] = spec.all_filters()

    @cached_property
    def form(self) -> forms.Form:
        """All filters as one form, bound to the address."""
        fields: dict[str, forms.Field] = {}
        for found in self.filters:
            fields |= found.fields(self.reader)
        made = type("FilterForm", (forms.Form,), {**fields, "mark_optional": False})
        form: forms.Form = made(self.query)
        form.is_valid()
        return form

    @property
    def values(self) -> dict[str, Any]:
        return self.form.cleaned_data

    @property
    def errors(self) -> list[str]:
        return [f"{self.form[name].label}: {text}" for name, texts in self.form.errors.items() for text in texts]

    # --- Rows ---

    @cached_property
    def conditions(self) -> list[tuple[Filter, Q]]:
        found = ((one, one.condition(self.values, self.reader)) for one in self.filters)
        return [(one, condition) for one, condition in found if condition is not None]

    def rows(self) -> QuerySet[Any]:
        rows = self.spec.rows(self.reader)
        for _filter, condition in self.conditions:
            rows = rows.filter(condition)
        return rows

    @property
    def is_whole_table(self) -> bool:
        """Whether nothing narrows the list, neither the reader's filters nor their rights."""
        return not self.conditions and policy.visibility(self.spec.model, self.reader) == policy.EVERYTHING

    @property
    def order(self) -> str:
        said = self.query.get(ORDER, "")
        # A view made through the API may name the column as the API does.
        named = {column: name for name, column in self.spec.orders.items()}
        name = named.get(said.removeprefix("-"), said.removeprefix("-"))
        sign = "-" if said.startswith("-") else ""
        return sign + name if name in self.spec.orders else self.spec.first_order

    @property
    def order_column(self) -> str:
        """The model's column behind ``order``, with its direction."""
        sign = "-" if self.order.startswith("-") else ""
        return sign + self.spec.orders[self.order.removeprefix("-")]

    # --- Columns ---

    @cached_property
    def offered(self) -> dict[str, Column]:
        """All columns by key, without the contact for who sees no contacts."""
        columns = self.spec.all_columns()
        if not policy.may(self.reader, VIEW_CONTACTS):
            columns.pop("contact", None)
        return columns

    @cached_property
    def columns(self) -> list[Column]:
        offered = self.offered
        chosen = [offered[key] for key in dict.fromkeys(self.query.getlist(COLUMNS)) if key in offered]
        return chosen or [offered[key] for key in self.spec.first_columns]

    @property
    def column_choices(self) -> list[tuple[Column, bool]]:
        """Every column: those shown first and in their order, and whether each is shown."""
        shown = {column.key for column in self.columns}
        rest = [column for column in self.offered.values() if column.key not in shown]
        return [*((column, True) for column in self.columns), *((column, False) for column in rest)]

    # --- Addresses ---

    @property
    def path(self) -> str:
        return reverse(self.spec.url_name)

    def url(self, *, without: Iterable[str] = (), **changes: str) -> str:
        """This list with some parameters gone or changed; always from the first page."""
        query = self.query.copy()
        for key in (CURSOR, *without):
            query.pop(key, None)
        for key, value in changes.items():
            query[key] = value
        query[ORDER] = self.order  # an address that says something is never replaced by the reader's first view
        return f"{self.path}?{query.urlencode()}"

    def at(self, cursor: str) -> str:
        return f"{self.url()}&{urlencode({CURSOR: cursor})}" if cursor else ""

    @property
    def chips(self) -> list[dict[str, str]]:
        return [
            {
                "label": str(found.label),
                "value": found.words(self.values, self.form.fields),
                "url": self.url(without=found.keys),
            }
            for found, _condition in self.conditions
        ]

    @property
    def bare_url(self) -> str:
        """The list without any filter, in the same columns and order."""
        return self.url(without=[key for found in self.filters for key in found.keys])

    def kept(self, *but: str) -> list[tuple[str, str]]:
        """What a form of this page carries along, hidden: everything in the address but these names and the place."""
        left_out = {CURSOR, *but}
        return [(key, value) for key, values in self.query.lists() if key not in left_out for value in values]

    @property
    def filter_keys(self) -> list[str]:
        return [key for found in self.filters for key in found.keys]

    # --- Views ---

    @cached_property
    def view(self) -> SavedView | None:
        """The saved view that the address names, if the reader sees it."""
        try:
            key = UUID(self.query.get(VIEW, ""))
        except ValueError:
            return None
        return SavedView.objects.visible_to(self.reader).filter(of=self.spec.key, pk=key).first()

    def stored(self) -> dict[str, Any]:
        """The fields of a saved view that looks like this page."""
        asked = {key: self.query.getlist(key) for key in self.filter_keys if any(self.query.getlist(key))}
        if asked.get(PICKED) == [self.query.get(VIEW)]:
            del asked[PICKED]  # the view's own members stay its own
        return {
            "filters": asked,
            "columns": [column.key for column in self.columns],
            "order": self.order,
        }

    def differs_from(self, view: SavedView) -> bool:
        own = self.stored()
        asked = {key: values for key, values in view.filters.items() if key != MEMBERS}
        columns = view.columns or list(self.spec.first_columns)
        kept = {"filters": asked, "columns": columns, "order": view.order or self.spec.first_order}
        return own != kept


def address_of(spec: ListSpec, view: SavedView) -> str:
    """The list as a view keeps it, everything said in the address."""
    query = QueryDict(mutable=True)
    query[VIEW] = str(view.pk)
    for key, values in view.filters.items():
        if key == MEMBERS:
            query[PICKED] = str(view.pk)
        else:
            query.setlist(key, values if isinstance(values, list) else [values])
    if view.columns:
        query.setlist(COLUMNS, view.columns)
    query[ORDER] = view.order or spec.first_order
    return f"{reverse(spec.url_name)}?{query.urlencode()}"
