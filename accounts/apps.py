from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    @override
    def ready(self) -> None:
        from accounts import jobs, menu, policies  # noqa: F401, PLC0415 (register sweeps and rules)

        menu.register()
