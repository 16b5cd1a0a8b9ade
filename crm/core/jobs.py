"""The floor's own periodic jobs. Imported once, by the app's ``ready``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models
from typing_extensions import override

from crm.core import (
    clock,
    heartbeats,
    journal,
    mail,  # noqa: F401 (registers its sweep)
    sweeps,
)
from crm.core.models import IdempotencyRecord, JournalEntry

IDEMPOTENCY_DAYS = 7


class Expiry(sweeps.Sweep):
    """Deletes rows whose time is over, in bounded bites. ``due_at`` here is when they were made."""

    every = timedelta(minutes=10)
    late_after = timedelta(hours=26)
    keep: timedelta

    @override
    def run_one(self, row: Any) -> None:
        row.delete()

    @override
    def lag(self) -> timedelta:
        return max(super().lag() - self.keep, timedelta())


@sweeps.register
class ForgetIdempotency(Expiry):
    """Idempotency keys live seven days (P12)."""

    name = "core.forget_idempotency"
    model = IdempotencyRecord
    due_column = "created_at"
    keep = timedelta(days=IDEMPOTENCY_DAYS)

    @override
    def due(self, now: datetime) -> models.QuerySet[IdempotencyRecord]:
        return IdempotencyRecord.objects.filter(created_at__lt=now - self.keep)


@sweeps.register
class ForgetSessions(Expiry):
    """Django leaves expired sessions lying; they hold who signed in."""

    name = "core.forget_sessions"
    model = Session
    due_column = "expire_date"
    keep = timedelta()

    @override
    def due(self, now: datetime) -> models.QuerySet[Session]:
        return Session.objects.filter(expire_date__lt=now)


@sweeps.register
class PruneJournal(sweeps.Sweep):
    """The journal's named retention job: the only one that may delete entries, off unless a limit is set."""

    name = "core.prune_journal"
    model = JournalEntry
    every = timedelta(hours=1)
    late_after = timedelta(hours=26)
    due_column = "at"

    @override
    def due(self, now: datetime) -> models.QuerySet[JournalEntry]:
        return (
            JournalEntry.objects.filter(at__lt=self._limit(now))
            if settings.JOURNAL_DAYS
            else JournalEntry.objects.none()
        )

    @override
    def run(self) -> sweeps.Outcome:

        deleted = journal.prune(older_than=self._limit(clock.now())) if settings.JOURNAL_DAYS else 0
        heartbeats.beat(self.name, done=deleted)
        return sweeps.Outcome(done=deleted)

    @override
    def run_one(self, row: Any) -> None:
        raise NotImplementedError("Entries are deleted in bulk by journal.prune.")

    def _limit(self, now: datetime) -> datetime:
        return now - timedelta(days=settings.JOURNAL_DAYS)
