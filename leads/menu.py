"""This app's entries in the settings menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.core import nav
from leads import policies as acts

SELLING = _("Selling")


def register() -> None:
    nav.register(
        "settings",
        "scoring:rules",
        _("Scoring"),
        act=acts.VIEW_SALES_SETTINGS,
        icon="chart",
        order=160,
        group=SELLING,
    )
