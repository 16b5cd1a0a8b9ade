"""What everything stands on: people, absences, start pages, journal, working time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from accounts.working_time import calendar_of
from crm.core import clock, ids, journal
from tests.bench.measure import Row, measure
from tests.bench.world import World, run_sql

TITLE = "The ground"
_hour = count(1)


def rows(world: World) -> list[Row]:
    calendar = calendar_of(world.people["inside"])
    assert calendar is not None
    reader, start = journal.Reader(), journal.Cursor()
    bare = measure(partial(world.floor, "/bare/people"))
    listed: dict[str, Any] = {"bare": bare, "budget": 40, "ratio": 2, "queries": 6}
    raw = "SELECT id, email, name, team_id, capabilities, is_active FROM accounts_user ORDER BY name, id LIMIT 50"
    return [
        Row(
            "list of 50 people (API)",
            measure(partial(world.get, "/api/v1/users?limit=50")),
            measure(partial(run_sql, raw)),
            **listed,
        ),
        Row("the same, last page", measure(partial(world.get, _last_page(world))), **listed),
        _absences(world),
        Row("who am I (API)", measure(partial(world.get, "/api/v1/me", "inside")), budget=40),
        *_pages(world),
        Row("100 journal rows after a cursor", measure(partial(reader.after, start, limit=100)), queries=1),
        Row(
            "400 working hours ahead", measure(partial(calendar.add, datetime(2026, 11, 20, 15, tzinfo=UTC), hours=400))
        ),
    ]


def _pages(world: World) -> list[Row]:
    asked = (("people page", "/settings/people/", "admin"), ("inside start page", "/inside/", "inside"),
             ("managers' start page", "/managers/", "manager"))  # fmt: skip
    return [Row(work, measure(partial(world.page, path, who)), budget=100, queries=12) for work, path, who in asked]


def _last_page(world: World) -> str:
    path = "/api/v1/users?limit=50"
    while following := world.get(path)["next"]:
        path = following
    return path


def _absences(world: World) -> Row:
    inside = str(world.people["inside"].pk)
    return Row(
        "add an absence (API)",
        measure(lambda: world.post("/api/v1/absences", _absence(inside), "inside")),
        measure(lambda: _insert(inside)),
        measure(lambda: world.floor_post("/bare/absence", {"user": inside})),
        budget=60,
        ratio=2.5,
        queries=14,
    )


def _absence(user: str) -> dict[str, Any]:
    starts = datetime(2040, 1, 1, tzinfo=UTC) + timedelta(hours=next(_hour))
    return {"user": user, "starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=1)).isoformat()}


def _insert(user: str) -> None:
    run_sql(
        "INSERT INTO accounts_absence (id, created_at, updated_at, version, user_id, kind, starts_at, ends_at, note) "
        "VALUES (%s, now(), now(), 1, %s, 'leave', %s, %s, '')",
        [ids.uuid7(), user, clock.now(), clock.now() + timedelta(hours=1)],
    )
