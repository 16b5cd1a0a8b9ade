"""Cursor pages: page 20,000 costs what page 1 costs, and a list may change while it is walked (P15).

The cursor says after which row to go on: the value of the order column and the id, signed. A record whose order column
stays the same during the walk comes exactly once; the default order, the id, never changes. Rows without a value in the
order's column stand last, whichever way it is sorted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import Combinable, OrderBy
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param
from typing_extensions import override

from crm.core.api.problems import ApiRefusal, bad_parameter
from crm.core.keyset import field_of, key_beside, value_of

DEFAULT_LIMIT = 50
MOST_ROWS = 200
PARAMETERS = frozenset({"limit", "cursor", "order"})
Order = str | Combinable
ORDER_VALUE = "order_value"
_signer = signing.Signer(salt="crm.core.api.pagination")


class CursorPages(BasePagination):
    """``{"results": […], "next": url or null}``.

    The view offers its orders by ``orders``: name -> column, or expression that is never null. The key column is the tie
    breaker and stands in the list itself under its own name.
    """

    next_url: str | None = None

    @override
    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        limit = _limit(request)
        order = _order(request, view)
        place = _place(request, order)
        offered = view.orders[order.lstrip("-")]
        column = offered if isinstance(offered, str) else ORDER_VALUE
        rows = _rows(queryset, offered, place, limit + 1, descending=order.startswith("-"))
        if len(rows) > limit:
            cursor = _cursor(order, value_of(rows[limit - 1], column), rows[limit - 1])
            self.next_url = replace_query_param(request.build_absolute_uri(), "cursor", cursor)
        return rows[:limit]

    @override
    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        following = {"type": ["string", "null"], "format": "uri", "description": "The next page; null on the last one."}
        return {"type": "object", "required": ["results", "next"], "properties": {"results": schema, "next": following}}

    @override
    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        orders = sorted([*view.orders, *(f"-{name}" for name in view.orders)])
        return [
            _parameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": DEFAULT_LIMIT},
                "Rows on a page.",
            ),
            _parameter("cursor", {"type": "string"}, "Where to go on, from `next`."),
            _parameter(
                "order",
                {"type": "string", "enum": orders, "default": view.default_order},
                "Sorted by; `-` is descending.",
            ),
        ]


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _limit(request: Request) -> int:
    said = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (said.isascii() and said.isdigit() and len(said) <= len(str(MOST_ROWS)) and 1 <= int(said) <= MOST_ROWS):
        raise bad_parameter("limit", "out_of_range", _("Between 1 and %(most)s.") % {"most": MOST_ROWS})
    return int(said)


def _order(request: Request, view: Any) -> str:
    order: str = request.query_params.get("order", view.default_order)
    if order.removeprefix("-") not in view.orders:
        offered = ", ".join(view.orders)
        raise bad_parameter(
            "order", "unknown_order", _("Choose one of: %(offered)s; with “-” descending.") % {"offered": offered}
        )
    return order


# --- The place in the list ------------------------------------------------------------------------------------------------


def _rows(
    queryset: QuerySet[Any], order: Order, place: tuple[Any, Any] | None, limit: int, *, descending: bool
) -> list[Any]:
    """Up to ``limit`` rows behind ``place``. A column that may be empty is walked in two stretches, each by an index."""
    if not _may_be_empty(queryset, order):
        return list(_after(queryset, order, place, descending=descending)[:limit])
    found: list[Any] = []
    if place is None or place[0] is not None:
        filled = queryset.filter(**{f"{order}__isnull": False})
        found, place = list(_after(filled, order, place, descending=descending)[:limit]), None
    if len(found) < limit:
        empty, behind = queryset.filter(**{f"{order}__isnull": True}), place and (place[1], place[1])
        found += _after(empty, "pk", behind, descending=descending)[: limit - len(found)]
    return found


def _may_be_empty(queryset: QuerySet[Any], order: Order) -> bool:
    return isinstance(order, str) and order != "pk" and bool(field_of(queryset.model, order).null)


def _after(queryset: QuerySet[Any], order: Order, place: tuple[Any, Any] | None, *, descending: bool) -> QuerySet[Any]:
    """The rows behind ``place`` in order.

    One row comparison, ``(column, id) > (…, …)``, so that an index answers it; by the id alone a plain one.
    """
    name = order if isinstance(order, str) else ORDER_VALUE
    rows = queryset if isinstance(order, str) else queryset.annotate(**{ORDER_VALUE: order})
    columns = [name, key_beside(name)] if name != "pk" else ["pk"]
    rows = rows.order_by(*(OrderBy(F(column), descending=descending) for column in columns))
    if place is None:
        return rows
    value, key = _typed(rows, name, place)
    if name == "pk":
        return rows.filter(pk__lt=key) if descending else rows.filter(pk__gt=key)
    beyond = TupleLessThan if descending else TupleGreaterThan
    return rows.filter(beyond(Tuple(F(name), F(key_beside(name))), (value, key)))


def _typed(rows: QuerySet[Any], name: str, place: tuple[Any, Any]) -> tuple[Any, Any]:
    """The cursor's JSON values as the columns' own types; a cursor of a list that changed its type is a bad one."""
    key = rows.model._meta.pk
    annotation = rows.query.annotations.get(name)
    column = annotation.output_field if annotation else key if name == "pk" else field_of(rows.model, name)
    if None in place:
        raise _bad_cursor()
    try:
        return column.to_python(place[0]), key.to_python(place[1])
    except (ValidationError, ValueError, TypeError) as error:
        raise _bad_cursor() from error


def _cursor(order: str, value: Any, row: Model) -> str:
    signed: str = _signer.sign_object([order, _plain(value), _plain(row.pk)])
    return signed


def _place(request: Request, order: str) -> tuple[Any, Any] | None:
    said = request.query_params.get("cursor")
    if said is None:
        return None
    try:
        signed_order, value, key = _signer.unsign_object(said)
    except (signing.BadSignature, ValueError) as error:
        raise _bad_cursor() from error
    if signed_order != order:
        raise _bad_cursor()
    return value, key


def _bad_cursor() -> ApiRefusal:
    return bad_parameter(
        "cursor", "bad_cursor", _("This is no cursor of this list. Take it from “next” and keep the other parameters.")
    )


def _plain(value: Any) -> Any:
    match value:
        case UUID() | Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case _:
            return value


def keyed(orders: Mapping[str, Order]) -> dict[str, Order]:
    """``orders`` with the id, which every list offers."""
    return {"id": "pk", **orders}
