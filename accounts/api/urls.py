"""Addresses of this app's resources, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from accounts.api import (
    resources,
    schema,  # noqa: F401 (names the two ways in)
)
from crm.core.api.routers import ResourceRouter

app_name = "accounts-api"

router = ResourceRouter()
router.register("users", resources.Users, "user")
router.register("teams", resources.Teams, "team")
router.register("absences", resources.Absences, "absence")
router.register("calendars", resources.Calendars, "calendar")
router.register("keys", resources.Keys, "key")
router.register("notices", resources.Notices, "notice")

urlpatterns = [
    path("me", resources.Me.as_view({"get": "retrieve", "patch": "change"}), name="me"),
    *router.urls,
]
