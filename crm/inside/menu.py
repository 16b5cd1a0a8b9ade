"""The desk's place in the main menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.core import nav
from crm.inside.policies import VIEW_DESK


def register() -> None:
    nav.register("main", "inside:desk", _("Desk"), act=VIEW_DESK, icon="desk", order=10, letter="d")
