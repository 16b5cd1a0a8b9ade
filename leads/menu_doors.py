"""The doors' entries in the settings menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.core import nav
from leads.menu import SELLING
from leads.policies import MANAGE_SALES_SETTINGS, VIEW_SALES_SETTINGS


def register() -> None:
    for order, (name, label, act, icon) in enumerate(
        (
            ("doors:web_forms", _("Web forms"), VIEW_SALES_SETTINGS, "inbox"),
            ("doors:questionnaires", _("Questionnaires"), VIEW_SALES_SETTINGS, "list"),
            ("doors:mails", _("Mail to the lead address"), MANAGE_SALES_SETTINGS, "mail"),
        )
    ):
        nav.register("settings", name, label, act=act, icon=icon, order=160 + order, group=SELLING)
