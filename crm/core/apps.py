"""The floor of the house."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class CoreConfig(AppConfig):
    """The shared floor: nothing here knows a noun of the trade."""

    name = "crm.core"
    label = "core"
    verbose_name = "Core"

    @override
    def ready(self) -> None:
        from crm.core import checks, jobs, policies  # noqa: F401, PLC0415 (register the floor's checks, sweeps and rules)
