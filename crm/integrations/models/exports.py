"""Exports: a list as a file, made by a worker, fetched by who asked for it, gone after some days."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet


class ExportJobQuerySet(ScopedQuerySet["ExportJob"]):
    def due(self, moment: datetime) -> ExportJobQuerySet:
        return self.filter(Q(claimed_until=None) | Q(claimed_until__lte=moment), state=ExportJob.State.RUNNING)

    def expired(self, moment: datetime) -> ExportJobQuerySet:
        return self.filter(expires_at__lte=moment).exclude(state=ExportJob.State.EXPIRED)


class ExportJob(BaseModel):
    """What a person asked to have as a file. The rows are those they see when it is made."""

    class State(models.TextChoices):
        RUNNING = "running", _("Being made")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Stopped")
        EXPIRED = "expired", _("Gone")

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    owner = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+", verbose_name=_("person"))
    kind = models.CharField(_("list"), max_length=40)
    format = models.CharField(_("format"), max_length=4, choices=Format, default=Format.CSV)
    # What narrows the list, as its registry entry understands it.
    filters = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.RUNNING)
    path = models.CharField(max_length=200, blank=True, editable=False)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True)
    size = models.BigIntegerField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    attempt = models.PositiveIntegerField(default=0)

    objects = ExportJobQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        verbose_name = _("export")
        indexes: ClassVar = [
            models.Index(fields=["owner", "-created_at"], name="integrations_export_of_owner"),
            models.Index(fields=["due_at"], name="integrations_export_due", condition=Q(state="running")),
            models.Index(fields=["expires_at"], name="integrations_export_expiry"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.kind}.{self.format}"

    @property
    def share_done(self) -> int | None:
        return min(100, 100 * self.rows_done // self.rows_total) if self.rows_total else None
