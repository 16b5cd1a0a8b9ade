"""Lists of leads over the API, as three people see them: first page, and one near the end by cursor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan

from crm.core.api.pagination import _cursor
from leads.models import Lead
from tests.bench import floor
from tests.bench.measure import Row, measure
from tests.bench.world import World, run_sql

TITLE = "Lists of 50 leads (API)"
COLUMNS = (
    "id", "status", "motion", "owner_id", "owner__name", "score__fit", "score__engagement", "score__total", "contact_id",
    "contact__first_name", "contact__last_name", "company_id", "company__name", "site_id", "site__street", "site__postal_code",
    "site__city", "site__country", "source", "channel", "direction", "product_id", "product__name", "campaign_id", "campaign__name",
    "expected_value", "currency", "needs_demo", "notes", "reason_id", "reason__label", "arrived_at", "connected_at", "closed_at",
    "external_source", "external_id", "custom", "created_at", "updated_at", "version",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One list: who asks, with which filters (as the API and as Django take them), sorted by newest first in ``column``."""

    who: str
    query: str
    filters: dict[str, Any]
    column: str = "arrived_at"

    def rows(self, world: World) -> QuerySet[Lead]:
        rows = Lead.objects.visible_to(world.people[self.who]).filter(**self.filters)
        return rows.order_by(f"-{self.column}", "-pk")


LISTS = (
    Asked("inside", "is_open=true", {"status__in": Lead.OPEN}),
    Asked("inside", "", {}),
    Asked("manager", "status=qualified", {"status": "qualified"}),
    Asked("manager", "has_owner=false", {"owner": None}),
    Asked("manager", "", {}, "updated_at"),
    Asked("admin", "status=disqualified&channel=event", {"status": "disqualified", "channel": "event"}),
    Asked("admin", "motion=outside", {"motion": "outside"}, "updated_at"),
)


def rows(world: World) -> list[Row]:
    return [row for asked in LISTS for row in _pages(world, asked)]


def _pages(world: World, asked: Asked) -> Iterator[Row]:
    path = f"/api/v1/leads?limit=50&order=-{asked.column}&{asked.query}"
    found = asked.rows(world)
    number = found.count()
    title = f"{asked.who}: {asked.query or 'all'}, by {asked.column} ({number:,} rows)"
    yield _row(world, f"{title}, first page", path, found)
    if number > 200:
        place = found.only("pk", asked.column)[number * 95 // 100]
        value = getattr(place, asked.column)
        cursor = _cursor(f"-{asked.column}", value, place)
        beyond = found.filter(TupleLessThan(Tuple(F(asked.column), F("pk")), (value, place.pk)))
        yield _row(world, f"the same, page {number * 95 // 5000:,}", f"{path}&cursor={cursor}", beyond, asked.who)


def _row(world: World, work: str, path: str, found: QuerySet[Lead], who: str = "") -> Row:
    who = who or work.partition(":")[0]
    floor.LISTS["leads"] = lambda: found.values(*COLUMNS)[:51]
    sql, params = found.values(*COLUMNS)[:51].query.sql_with_params()
    return Row(
        work,
        measure(partial(world.get, path, who)),
        measure(partial(run_sql, sql, params)),
        measure(partial(world.floor, "/bare/list/leads")),
        budget=40,
        ratio=2,
        queries=6,
    )
