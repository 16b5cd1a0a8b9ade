from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class IntegrationsConfig(AppConfig):
    name = "crm.integrations"
    verbose_name = _("Imports and exports")

    @override
    def ready(self) -> None:
        from crm.integrations import jobs, lists, menu, policies  # noqa: F401, PLC0415 (register jobs, lists and rules)

        menu.register()
