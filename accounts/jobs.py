"""Periodic work on people."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import CharField, DateTimeField, Exists, ExpressionWrapper, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast
from django.utils import formats, translation
from typing_extensions import override

from accounts import notices
from accounts.models import ApiKey, Notice
from crm.core import sweeps

WARNED_BEFORE = timedelta(days=7)


@sweeps.register
class WarnOfExpiringKeys(sweeps.Sweep):
    """Tells the owner once, a week before a key stops working. "Told" is the notice itself, unique per key and expiry."""

    name = "accounts.warn_of_expiring_keys"
    model = ApiKey
    every = timedelta(minutes=5)
    late_after = timedelta(hours=1)
    due_column = "warn_at"

    @override
    def due(self, now: datetime) -> QuerySet[ApiKey]:
        told = Notice.objects.filter(
            user=OuterRef("owner"), kind="key.expiring", occurrence=Cast(OuterRef("pk"), CharField())
        )
        warn_at = ExpressionWrapper(F("expires_at") - Value(WARNED_BEFORE), output_field=DateTimeField())
        return ApiKey.objects.usable(now).annotate(warn_at=warn_at).filter(~Exists(told), warn_at__lte=now)

    @override
    def run_one(self, row: ApiKey) -> None:
        assert row.expires_at is not None  # by due()
        with translation.override(row.owner.language):
            facts = {"name": row.name, "date": formats.date_format(row.expires_at, "DATE_FORMAT")}
        notices.tell(row.owner, kind="key.expiring", occurrence=str(row.pk), facts=facts)
