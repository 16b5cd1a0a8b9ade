"""What the shell of every page shows: where this person can go, the bell, their menu."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext as _

from accounts import selectors
from crm.core import nav, policy


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context for ``base.html``. Costs no query until something is drawn: error pages and fragments pay nothing."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    settings_items = SimpleLazyObject(lambda: nav.items_for("settings", user, request.path))
    return {
        "nav_items": SimpleLazyObject(lambda: nav.items_for("main", user, request.path)),
        "settings_items": settings_items,
        "settings_here": SimpleLazyObject(lambda: _here(settings_items)),
        "unread_count": SimpleLazyObject(lambda: selectors.unread_count(user)),
        "person_motion": user.motion or "",
        "url_search": reverse("search") if policy.may(user, "records.view_search") else "",
        "url_news": reverse("settings:news"),
        "url_profile": reverse("settings:profile"),
        "url_settings": reverse("settings:home"),
        "url_sign_out": reverse("account_logout"),
    }


def _here(items: Any) -> str | Promise:
    """The name of the page one is on, for the button that opens the others."""
    return next((item["label"] for item in items if item["current"]), _("Settings"))
