"""When somebody is away: clocks stand still for them, work goes to others."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet


class AbsenceQuerySet(ScopedQuerySet["Absence"]):
    def at(self, moment: datetime) -> AbsenceQuerySet:
        return self.filter(starts_at__lte=moment, ends_at__gt=moment)

    def ending_after(self, moment: datetime) -> AbsenceQuerySet:
        return self.filter(ends_at__gt=moment)


class Absence(BaseModel):
    """A time away, from an instant to an instant.

    Overlapping ones add up to their union; cancelled ones are deleted (the journal keeps them).
    """

    class Kind(models.TextChoices):
        LEAVE = "leave", _("Leave")
        SICK = "sick", _("Sick")
        TRAINING = "training", _("Training")
        OTHER = "other", _("Other")

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="absences", verbose_name=_("person")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.LEAVE)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["starts_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="accounts_absence_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("The end must come after the start."),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "ends_at"], name="accounts_absence_by_person"),
            models.Index(fields=["updated_at", "id"], name="accounts_absence_by_change"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.user_id} {self.starts_at:%Y-%m-%d}"
