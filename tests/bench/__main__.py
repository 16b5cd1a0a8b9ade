"""The benchmark of what stands: lists, writes, start pages, journal, working time, at 500 people.

Grows with the product; design section 5 has the budgets. ``--write`` keeps the table as ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from config.run import services

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with services.temporary() as addresses:
        os.environ.update(
            addresses, DJANGO_SETTINGS_MODULE="config.settings.base", RATE_LIMITS="off", LOG_LEVEL="ERROR"
        )
        import django

        django.setup()
        from django.core.management import call_command
        from django.test.utils import setup_test_environment

        setup_test_environment()
        open_the_floor()
        call_command("migrate", verbosity=0)
        call_command("seed_demo", "--size=large", "--seed=1")
        text = report()
    print(text)
    if options.write:
        (ROOT / "docs" / "performance.md").write_text(text + "\n")
    return 0


def open_the_floor() -> None:
    """Add the bare views, anonymous and for this process alone; they pass the same middleware as everything."""
    from django.conf import settings

    from crm.core import doors

    settings.ROOT_URLCONF = "tests.bench.floor"
    doors.declare(anonymous=doors._anonymous | {"bare/people", "bare/absence"}, self_guarded=doors._self_guarded)


def report() -> str:
    from crm.core import clock
    from tests.bench.measure import table

    cores = os.cpu_count()
    head = (
        "# Performance\n\nMade by `make bench` (`ARGS=--write`). Times are of one machine that others use as well: read the ratio to the\n"
        "bare Django view that returns the same JSON from the same SQL, and the number of queries.\n\n"
        f"Machine: {cores} cores, Python {platform.python_version()}, embedded PostgreSQL. Size: 500 people, 8 teams. "
        f"Date: {clock.now():%Y-%m-%d}.\n"
    )
    return f"{head}\n{table(rows())}"


def rows() -> list[Any]:
    from tests.bench.measure import Row, measure

    ask = Asking()
    return [
        Row(
            "list of 50 people (API)", measure(ask.people), measure(ask.people_raw), measure(ask.people_bare), 40, 2, 6
        ),
        Row(
            "the same, last page",
            measure(ask.people_deep),
            bare=measure(ask.people_bare),
            budget=40,
            ratio=2,
            queries=6,
        ),
        Row(
            "add an absence (API)",
            measure(ask.absence),
            measure(ask.absence_raw),
            measure(ask.absence_bare),
            60,
            2.5,
            14,
        ),
        Row("who am I (API)", measure(ask.me), budget=40),
        Row("people page", measure(ask.people_page, repeats=60), budget=100, queries=12),
        Row("inside start page", measure(ask.inside_page, repeats=60), budget=100, queries=12),
        Row("managers' start page", measure(ask.managers_page, repeats=60), budget=100, queries=12),
        Row("100 journal rows after a cursor", measure(ask.journal), queries=1),
        Row("400 working hours ahead", measure(ask.working_hours)),
    ]


class Asking:
    """Every question, as a method without arguments."""

    def __init__(self) -> None:
        from django.test import Client

        from accounts.models import User
        from accounts.working_time import calendar_of
        from config.demo.load import demo_secret
        from crm.core import journal

        self.admin = User.objects.get(email="admin@example.com")
        self.inside = User.objects.get(email="inside@example.com")
        self.keys = {user.email: f"Bearer {demo_secret(user.email)}" for user in (self.admin, self.inside)}
        self.api, self.bare = Client(), Client()
        self.pages: dict[str, Client] = {}
        for name in ("admin", "inside", "manager"):
            self.pages[name] = Client()
            self.pages[name].force_login(User.objects.get(email=f"{name}@example.com"))
        self.calendar = calendar_of(self.inside)
        self.reader, self.start = journal.Reader(), journal.Cursor()
        self.deep = self._last_page()
        self.hour = 0

    def _get(self, path: str, who: str = "admin@example.com") -> Any:
        answer = self.api.get(path, headers={"Authorization": self.keys[who]})
        assert answer.status_code == 200, (path, answer.status_code, answer.content[:200])
        return answer

    def _last_page(self) -> str:
        path = "/api/v1/users?limit=50"
        while following := self._get(path).json()["next"]:
            path = following
        return path

    def people(self) -> None:
        self._get("/api/v1/users?limit=50")

    def people_deep(self) -> None:
        self._get(self.deep)

    def people_raw(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, email, name, team_id, capabilities, is_active FROM accounts_user ORDER BY name, id LIMIT 50"
            )
            cursor.fetchall()

    def people_bare(self) -> None:
        assert self.bare.get("/bare/people").status_code == 200

    def absence(self) -> None:
        self.hour += 1
        starts = datetime(2040, 1, 1, tzinfo=UTC) + timedelta(hours=self.hour)
        body = {
            "user": str(self.inside.pk),
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=1)).isoformat(),
        }
        answer = self.api.post(
            "/api/v1/absences",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": self.keys["inside@example.com"]},
        )
        assert answer.status_code == 201, answer.content

    def absence_raw(self) -> None:
        from django.db import connection

        from crm.core import clock, ids

        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO accounts_absence (id, created_at, updated_at, version, user_id, kind, starts_at, ends_at, note) "
                "VALUES (%s, now(), now(), 1, %s, 'leave', %s, %s, '')",
                [ids.uuid7(), self.inside.pk, clock.now(), clock.now() + timedelta(hours=1)],
            )

    def absence_bare(self) -> None:
        body = json.dumps({"user": str(self.inside.pk)})
        assert self.bare.post("/bare/absence", body, content_type="application/json").status_code == 201

    def me(self) -> None:
        self._get("/api/v1/me", "inside@example.com")

    def _page(self, who: str, path: str) -> None:
        answer = self.pages[who].get(path)
        assert answer.status_code == 200, (path, answer.status_code)

    def people_page(self) -> None:
        self._page("admin", "/settings/people/")

    def inside_page(self) -> None:
        self._page("inside", "/inside/")

    def managers_page(self) -> None:
        self._page("manager", "/managers/")

    def journal(self) -> None:
        self.reader.after(self.start, limit=100)

    def working_hours(self) -> None:
        assert self.calendar is not None
        self.calendar.add(datetime(2026, 11, 20, 15, tzinfo=UTC), hours=400)


if __name__ == "__main__":
    sys.exit(main())
