from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class FieldConfig(AppConfig):
    name = "crm.field"

    @override
    def ready(self) -> None:
        from crm.field import menu, policies  # noqa: F401, PLC0415 (the acts must be known before the doors are)

        menu.register()
