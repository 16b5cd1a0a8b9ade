"""The floor: bare Django views that answer the same JSON, without sign-in, policy, serializer or journal."""

from __future__ import annotations

import json
from datetime import timedelta

from django.http import HttpRequest, JsonResponse
from django.urls import path

from accounts.models import Absence, User
from config.urls import handler400, handler403, handler404, handler500  # noqa: F401 (Django looks them up here)
from config.urls import urlpatterns as real
from crm.core import clock

COLUMNS = (
    "id", "email", "name", "team_id", "capabilities", "is_active", "language", "time_zone", "product_skills", "language_skills",
    "home_label", "home_latitude", "home_longitude", "weekly_capacity", "created_at", "updated_at", "version",
)  # fmt: skip


def people(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"results": list(User.objects.order_by("name", "id").values(*COLUMNS)[:50]), "next": None})


def absence(request: HttpRequest) -> JsonResponse:
    """One INSERT from JSON, one row back: what a write costs before anybody asks who, whether, and what before."""
    body = json.loads(request.body)
    row = Absence.objects.create(user_id=body["user"], starts_at=clock.now(), ends_at=clock.now() + timedelta(hours=1))
    return JsonResponse({"id": row.pk, "starts_at": row.starts_at, "ends_at": row.ends_at}, status=201)


urlpatterns = [*real, path("bare/people", people), path("bare/absence", absence)]
