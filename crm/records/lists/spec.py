"""What a list offers: its columns, filters, orders. One spec per kind of record, the organisation's own fields included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.functional import Promise

from accounts.models import User
from crm.records.lists.cells import Draw
from crm.records.lists.filters import Filter, Picked, custom_filter
from leads.models import CustomField
from leads.services import custom

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Column:
    """``draw`` gives a row's text or markup; ``order`` names the order that its head sorts by; ``css`` dresses the cell."""

    key: str
    label: Text
    draw: Draw
    order: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class OwnColumn:
    """A custom field as a column; what it links to is named by ``names``, asked once for the whole page."""

    of: CustomField

    @property
    def key(self) -> str:
        return f"custom.{self.of.key}"

    @property
    def column(self) -> Column:
        return Column(self.key, self.of.label, lambda row: custom.shown(self.of, (row.custom or {}).get(self.of.key)))


@dataclass(frozen=True, kw_only=True)
class ListSpec:
    """``key`` is the saved views' word for it (``leads``), ``holder`` the custom fields' (``lead``).

    ``rows`` starts from what the reader sees; ``name`` and ``note`` make the head of a row.
    """

    key: str
    holder: str
    model: type[Model]
    title: Text
    one: Text
    icon: str
    act: str
    write_act: str
    rows: Callable[[User], QuerySet[Any]]
    name: Callable[[Any], str]
    note: Callable[[Any], str]
    columns: tuple[Column, ...]
    first_columns: tuple[str, ...]
    filters: tuple[Filter, ...]
    orders: dict[str, str]
    first_order: str
    name_order: str = ""
    empty: Text = ""
    bulk_facts: tuple[str, ...] = field(default=())

    @property
    def url_name(self) -> str:
        return f"records:{self.key}"

    @property
    def page_name(self) -> str:
        return f"records:{self.holder}"

    def own_fields(self) -> list[CustomField]:
        return custom.fields_of(self.holder)

    def all_columns(self) -> dict[str, Column]:
        own = [OwnColumn(found).column for found in self.own_fields()]
        return {column.key: column for column in (*self.columns, *own)}

    def all_filters(self) -> list[Filter]:
        own = (custom_filter(found) for found in self.own_fields())
        return [*self.filters, *(found for found in own if found is not None), Picked(of=self.key)]
