"""The round's place in the main menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.core import nav
from crm.field.policies import VIEW_DAY


def register() -> None:
    nav.register("main", "field:day", _("Round"), act=VIEW_DAY, icon="route", order=20, letter="r")
