"""What the search still has to catch up with."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from typing_extensions import override

from crm.core import clock


class StaleWords(models.Model):
    """A company or contact whose name or numbers changed: the records that are found by them follow, in bites.

    Insert-only for writers, so that a rename never waits for the catching up of an earlier one; done twice it does no harm.
    """

    class Of(models.TextChoices):
        COMPANY = "company"
        CONTACT = "contact"

    id = models.BigAutoField(primary_key=True)
    of = models.CharField(max_length=7, choices=Of)
    record_id = models.UUIDField()
    due_at = models.DateTimeField(default=clock.now)
    # How far it came: the kind that is being done, and the last id of it.
    kind = models.CharField(max_length=7, default="contact")
    after = models.UUIDField(default=uuid.UUID(int=0))

    class Meta:
        ordering: ClassVar = ["due_at", "id"]
        indexes: ClassVar = [models.Index(fields=["due_at"], name="leads_stalewords_due")]

    @override
    def __str__(self) -> str:
        return f"{self.of} {self.record_id}"
