"""Every door of Tandem, in one table."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config import views
from crm.core.api.problems import or_problem
from crm.core.views import errors
from crm.core.views.health import healthz, readyz

# Django's own sign-in and password pages know neither our limits nor the second factor: ours stand before them.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("i18n/setlang/", views.set_language, name="set_language"),
    path("accounts/", include("accounts.sign_in_urls")),
    path("settings/", include("accounts.urls")),
    path("settings/design/", include("crm.core.urls")),
    path("settings/sales/", include("leads.urls")),
    path("settings/scoring/", include("leads.urls_scoring")),
    path("inside/", include("crm.inside.urls")),
    path("field/", include("crm.field.urls")),
    path("managers/", include("crm.managers.urls")),
    path("", include("crm.records.urls")),
    path("", include("leads.urls_doors")),
    path("", include("crm.integrations.urls")),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("api/v1/", include("config.api")),
    path("admin/", admin.site.urls),
]

# A page for people, a problem document for programs.
handler400 = or_problem(400, errors.bad_request)
handler403 = or_problem(403, errors.forbidden)
handler404 = or_problem(404, errors.not_found)
handler500 = or_problem(500, errors.broken)
handler429 = "config.views.too_many_tries"
