from __future__ import annotations

from django.apps import AppConfig


class InsideConfig(AppConfig):
    name = "crm.inside"
