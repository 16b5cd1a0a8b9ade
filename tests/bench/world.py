"""Who asks, and of what: the demo people's clients and keys, and the sizes of the tables."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.test import Client

from accounts.models import User
from tests.factories.accounts import make_key

ROLES = ("inside", "manager", "admin")


class World:
    """Clients of the demo people: by key for the API, signed in for pages, nobody for the bare views."""

    def __init__(self) -> None:
        self.people = {name: User.objects.get(email=f"{name}@example.com") for name in ROLES}
        # Own keys: those of the demo follow from a secret that a database used again was not loaded with.
        self.keys = {name: f"Bearer {make_key(user)[1]}" for name, user in self.people.items()}
        self.api, self.bare = Client(), Client()
        self.pages = {name: Client() for name in ROLES}
        for name, client in self.pages.items():
            client.force_login(self.people[name])

    def get(self, path: str, who: str = "admin") -> Any:
        answer = self.api.get(path, headers={"Authorization": self.keys[who]})
        assert answer.status_code == 200, (path, answer.status_code, answer.content[:300])
        return answer.json()

    def post(self, path: str, body: dict[str, Any], who: str = "admin") -> Any:
        answer = self.api.post(
            path, json.dumps(body), content_type="application/json", headers={"Authorization": self.keys[who]}
        )
        assert answer.status_code == 201, (path, answer.status_code, answer.content[:300])
        return answer.json()

    def page(self, path: str, who: str) -> None:
        answer = self.pages[who].get(path)
        assert answer.status_code == 200, (path, answer.status_code)

    def floor(self, path: str) -> None:
        assert self.bare.get(path).status_code == 200

    def floor_post(self, path: str, body: dict[str, Any]) -> None:
        answer = self.bare.post(path, json.dumps(body), content_type="application/json")
        assert answer.status_code == 201, answer.content[:300]


def run_sql(sql: str, params: Any = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else None


def sizes() -> str:
    """Rows of the largest tables, as Postgres last counted them."""
    names = ("user", "company", "contact", "phone", "lead", "deal", "stagechange", "contactkey", "word")
    found = run_sql(
        "SELECT split_part(relname, '_', 2), reltuples::bigint FROM pg_class WHERE relname = ANY(%s) ORDER BY 2 DESC",
        [[f"{'accounts' if name == 'user' else 'leads'}_{name}" for name in names]],
    )
    weight = run_sql("SELECT pg_size_pretty(pg_database_size(current_database()))")[0][0]
    return ", ".join(f"{max(count, 0):,} {name}" for name, count in found) + f" rows; {weight} in all"
