from __future__ import annotations

from django.apps import AppConfig


class ManagersConfig(AppConfig):
    name = "crm.managers"
