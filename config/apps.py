"""Composition at start-up: the floor is given its bell, beat its schedule."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class ConfigConfig(AppConfig):
    name = "config"
    label = "config"

    @override
    def ready(self) -> None:
        from config import celery, doors  # noqa: PLC0415 (apps must be loaded first)
        from crm.core import work  # noqa: PLC0415

        doors.declare()
        work.connect(celery.send)
        celery.schedule_sweeps()
