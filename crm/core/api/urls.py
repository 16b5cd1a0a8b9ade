"""Addresses of the floor's own resources, below ``/api/v1/``: the journal, and how the API is described."""

from __future__ import annotations

from django.urls import path

from crm.core.api import docs
from crm.core.api.journal import Journal
from crm.core.api.routers import ResourceRouter

app_name = "core-api"

router = ResourceRouter()
router.register("journal", Journal, "journal")

urlpatterns = [
    *router.urls,
    path("schema", docs.Schema.as_view(), name="schema"),
    path("docs", docs.docs, name="docs"),
]
