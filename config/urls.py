"""Every door of Tandem, in one table."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from crm.core.views.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
