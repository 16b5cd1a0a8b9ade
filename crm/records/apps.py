from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class RecordsConfig(AppConfig):
    name = "crm.records"

    @override
    def ready(self) -> None:
        from crm.records import menu, policies  # noqa: F401, PLC0415 (the acts must be known before the doors are)

        menu.register()
