"""This app's entries in the settings menu, and what its scopes are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.core import nav, scopes
from leads import policies as acts

SELLING = _("Selling")


def register() -> None:
    settings = acts.VIEW_SALES_SETTINGS
    for place, (name, label, act, icon) in enumerate(
        (
            ("sales:pipelines", _("Pipelines"), settings, "route"),
            ("sales:reasons", _("Reasons"), settings, "list"),
            ("sales:fields", _("Own fields"), settings, "edit"),
            ("sales:products", _("Products"), acts.VIEW_PRODUCTS, "filter"),
            ("sales:campaigns", _("Campaigns"), acts.VIEW_CAMPAIGNS, "message"),
            ("scoring:rules", _("Scoring"), settings, "chart"),
        )
    ):
        nav.register("settings", name, label, act=act, icon=icon, order=150 + place, group=SELLING)
    for noun, words in {
        "campaigns": _("Campaigns"),
        "companies": _("Companies"),
        "contacts": _("Contacts"),
        "deals": _("Deals"),
        "leads": _("Leads"),
        "products": _("Products"),
        "settings": _("How you sell"),
        "views": _("Saved views"),
    }.items():
        scopes.call(noun, words)
