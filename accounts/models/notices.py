"""What Tandem tells a person in the app: the bell."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from typing_extensions import override

from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet


class NoticeQuerySet(ScopedQuerySet["Notice"]):
    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at__isnull=True)


class Notice(BaseModel):
    """One message to one person. The text is made when shown, in their language, from ``kind`` and ``facts``."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="notices")
    # Registered in accounts.notices; an app registers its own kinds with their texts.
    kind = models.CharField(max_length=60)
    facts = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    # The occurrence it stands for: telling twice about one thing is one notice.
    occurrence = models.CharField(max_length=120)
    read_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind", "occurrence"], name="accounts_notice_once_per_occurrence"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at"], name="accounts_notice_by_person"),
            models.Index(fields=["user"], name="accounts_notice_unread", condition=Q(read_at__isnull=True)),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"
