from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class InsideConfig(AppConfig):
    name = "crm.inside"

    @override
    def ready(self) -> None:
        from crm.inside import menu, policies  # noqa: F401, PLC0415 (the acts must be known before the doors are)

        menu.register()
