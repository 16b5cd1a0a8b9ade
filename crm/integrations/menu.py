"""This app's entries in the menus, and what its scopes are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.core import nav, scopes
from crm.integrations import policies as acts

DATA = _("Data")


def register() -> None:
    nav.register(
        "settings", "integrations:imports", _("Imports"), act=acts.VIEW_IMPORTS, icon="upload", order=210, group=DATA
    )
    nav.register(
        "settings", "integrations:exports", _("Exports"), act=acts.VIEW_EXPORTS, icon="download", order=220, group=DATA
    )
    scopes.call("imports", _("Imports"))
    scopes.call("exports", _("Exports"))
