from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = _("Leads")

    @override
    def ready(self) -> None:
        from leads import jobs, menu, menu_doors, policies  # noqa: F401, PLC0415 (register sweeps, jobs, rules)
        from leads.duplicates import movers  # noqa: PLC0415
        from leads.services import duplicates  # noqa: F401, PLC0415 (registers its sweep and job)

        movers.register_own()
        menu.register()
        menu_doors.register()
