"""The managers' place in the main menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.core import nav
from crm.managers.policies import VIEW_HOME


def register() -> None:
    nav.register("main", "managers:home", _("Managers"), act=VIEW_HOME, icon="chart", order=90, letter="m")
