"""Clients of the API for tests: one per person and way in."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from tests.factories.accounts import make_key

ROOT = "/api/v1/"


class Caller:
    """``caller.get("users", limit=5)``, ``caller.post("users", {...})``; answers are Django's, parsed by ``body()``."""

    def __init__(
        self, user: User | None = None, *scopes: str, session: bool = False, strict_csrf: bool = False
    ) -> None:
        self.user = user
        self.client = Client(enforce_csrf_checks=strict_csrf, raise_request_exception=False)
        self.headers: dict[str, str] = {}
        if user is not None and session:
            self.client.force_login(user)
        elif user is not None:
            self.key, self.secret = make_key(user, *scopes)
            self.headers["Authorization"] = f"Bearer {self.secret}"

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> HttpResponse:
        return self.client.get(self._url(path), query or None, headers=self._headers(headers))

    def post(self, path: str, data: Any = None, **headers: str) -> HttpResponse:
        return self.send("POST", path, data, **headers)

    def patch(self, path: str, data: Any = None, **headers: str) -> HttpResponse:
        return self.send("PATCH", path, data, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.send("DELETE", path, None, **headers)

    def send(self, method: str, path: str, data: Any = None, **headers: str) -> HttpResponse:
        """``data`` is sent as JSON, bytes as they are. Header names are written ``If_Match="…"``."""
        content = data if isinstance(data, bytes) else b"" if data is None else json.dumps(data).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        media_type = named.pop("Content-Type", "application/json")
        return self.client.generic(
            method, self._url(path), content, content_type=media_type, headers=self._headers(named)
        )

    def walk(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every row of a list, page by page."""
        rows: list[dict[str, Any]] = []
        page = body(self.get(path, **query))
        while True:
            rows += page["results"]
            if page["next"] is None:
                return rows
            page = body(self.get(page["next"]))

    def _headers(self, more: dict[str, str] | None) -> dict[str, str]:
        return self.headers | (more or {})

    def _url(self, path: str) -> str:
        return path if path.startswith(("/", "http")) else ROOT + path


def body(response: HttpResponse) -> Any:
    return json.loads(response.content)


def problem(response: HttpResponse, status: int, kind: str, code: str | None = None) -> dict[str, Any]:
    """Assert that the answer is this problem, whole and well-formed; its document."""
    assert response.status_code == status, (response.status_code, response.content[:500])
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = body(response)
    assert document["type"] == f"/problems/{kind}", document
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["instance"].startswith("urn:tandem:request:")
    assert isinstance(document["errors"], list)
    if code is not None:
        assert document["code"] == code, document
    return document
