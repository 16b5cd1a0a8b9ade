"""The mount table of the API: everything below ``/api/v1/``. An app's own addresses stand in its ``api/urls.py``."""

from __future__ import annotations

from django.urls import include, path

# resource(s) -> where they live
urlpatterns = [
    path("", include("crm.core.api.urls")),  # journal, schema, docs
    path("", include("accounts.api.urls")),  # me, users, teams, absences, calendars, keys, notices
    path("", include("leads.api.urls")),  # companies, contacts, leads, deals, what is sold and how
    path("", include("crm.integrations.api.urls")),  # imports, exports
]
