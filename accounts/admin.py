"""People in Django's read-only admin."""

from __future__ import annotations

from django.contrib import admin

from accounts.models import Absence, ApiKey, Team, User, WorkingCalendar
from crm.core.admin import ReadOnlyAdmin


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("email", "name", "team", "is_active", "last_login")
    list_select_related = ("team",)
    search_fields = ("email", "name")
    exclude = ("password",)


@admin.register(Team)
class TeamAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "parent")
    list_select_related = ("parent",)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ("prefix", "name", "owner", "last_used_at", "expires_at", "revoked_at")
    list_select_related = ("owner",)
    exclude = ("digest",)


@admin.register(Absence, WorkingCalendar)
class PlainAdmin(ReadOnlyAdmin):
    pass
