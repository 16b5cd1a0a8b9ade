"""Django's admin, read only: a place to look, never a side road around the services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from typing_extensions import override

from crm.core.models import Heartbeat, JournalEntry, OutgoingMail

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Model]
else:
    AnyAdmin = admin.ModelAdmin


class ReadOnlyAdmin(AnyAdmin):
    """Lists and looks. Every write goes through its service."""

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(JournalEntry)
class JournalAdmin(ReadOnlyAdmin):
    list_display = ("at", "event", "object_type", "object_id", "actor_id", "actor_label")
    list_filter = ("event",)
    show_full_result_count = False


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "subject", "recipients", "state", "attempt", "last_error")
    list_filter = ("state",)
    exclude = ("content",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "beat_at", "lag_seconds", "done", "failed")
