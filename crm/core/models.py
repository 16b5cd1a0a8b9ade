"""Base model, and the few tables of the floor: journal, idempotency records, heartbeats, outgoing mail."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from typing_extensions import override

from crm.core import clock, ids
from crm.core.errors import VersionConflict


def column_of(instance: models.Model, field: str) -> str:
    """The attribute that holds a field's plain value: ``team_id`` for the foreign key ``team``."""
    found = instance._meta.get_field(field)
    if not isinstance(found, models.Field):
        raise TypeError(f"{field} is a reverse relation of {instance._meta.label}, not a column.")
    return found.attname


class BaseModel(models.Model):
    """A business row: a UUIDv7 key that a client may choose, its times, and a version that each write raises."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)
    # Optimistic concurrency: a write names the version it read (ETag / If-Match), see save_version().
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def save_version(self, *, fields: list[str], expected: int | None = None) -> None:
        """Write ``fields`` if nobody wrote since: ``UPDATE … WHERE id = … AND version = …``, version + 1.

        ``expected`` is the version the caller showed to its user (default: the one this instance was read with).
        Raises ``VersionConflict`` when another write came first, whichever process it came from.
        """
        version = self.version if expected is None else expected
        moment = clock.now()
        columns = [column_of(self, name) for name in fields]
        values = {column: getattr(self, column) for column in columns}
        rows = type(self)._base_manager.filter(pk=self.pk, version=version)
        if not rows.update(**values, updated_at=moment, version=F("version") + 1):
            raise VersionConflict(current=self._stored_version())
        self.updated_at, self.version = moment, version + 1

    def require_version(self, expected: int | None) -> None:
        """Raise ``VersionConflict`` unless this row, locked by the caller, has the version ``expected``; None asks for nothing."""
        if expected not in (None, self.version):
            raise VersionConflict(current=self.version)

    def _stored_version(self) -> int:
        stored = type(self)._base_manager.filter(pk=self.pk).values_list("version", flat=True).first()
        return stored or 0


class CurrentTransaction(models.Func):
    """``pg_current_xact_id()`` as a bigint: 64-bit, never wraps, known before commit."""

    function = "pg_current_xact_id"
    template = "(%(function)s()::text::bigint)"
    output_field = models.BigIntegerField()


class JournalEntry(models.Model):
    """One change: audit trail, change feed and source of webhooks. Append-only, the database itself holds that.

    ``position`` is not commit order: a lower number may become visible later. Readers order by
    (``generation``, ``transaction``, ``position``) and stop at the oldest transaction still running, see ``journal.Reader``.
    """

    position = models.BigAutoField(primary_key=True)
    # A restored dump numbers its transactions anew; `restore` raises the default so that cursors stay in order.
    generation = models.SmallIntegerField(db_default=1, editable=False)
    transaction = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)
    at = models.DateTimeField(default=clock.now)
    event = models.CharField(max_length=80)
    actor_id = models.UUIDField(null=True, help_text="The person; null when Tandem itself acted.")
    actor_label = models.CharField(
        max_length=80, blank=True, help_text="How they acted: page, key <prefix>, job <name>."
    )
    object_type = models.CharField(max_length=60)
    object_id = models.UUIDField()
    object_version = models.PositiveIntegerField(default=0)
    # {"field": [before, after]}, values as JSON scalars or lists; secrets never.
    changes = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "journal entries"
        indexes: ClassVar = [
            models.Index(fields=["generation", "transaction", "position"], name="core_journal_reading_order"),
            models.Index(fields=["object_type", "object_id", "position"], name="core_journal_by_object"),
            models.Index(fields=["at"], name="core_journal_by_time"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.event} {self.object_id}"


class IdempotencyRecord(models.Model):
    """The stored answer to a request that carried an Idempotency-Key, written in the transaction of its effect."""

    id = models.BigAutoField(primary_key=True)
    caller_id = models.UUIDField(help_text="The person whose key or session sent the request.")
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.BinaryField(default=bytes)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["caller_id", "key"], name="core_idempotency_one_per_caller_and_key"),
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="core_idempotency_by_time")]

    @override
    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.key}"


class Heartbeat(models.Model):
    """The last run of a sweep or a process: what /readyz and the managers' "work is n minutes late" read."""

    name = models.CharField(primary_key=True, max_length=80)
    beat_at = models.DateTimeField()
    # Age in seconds of the oldest due item when the run ended; 0 when nothing waited.
    lag_seconds = models.FloatField(default=0)
    done = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    last_error = models.TextField(blank=True)

    @override
    def __str__(self) -> str:
        return self.name


class OutgoingMail(BaseModel):
    """A mail on its way: written with its cause, delivered by the sweep (claim, act, mark), never twice knowingly.

    ``attempt`` is raised at each claim: a sender that wakes up after its lease finds another number and may not mark.
    """

    no_door_because = "read by the sweep and the read-only admin alone: a mail may hold somebody's secret link"

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    message_id = models.CharField(max_length=200, help_text="Stable over retries, so that a repeat can be recognised.")
    sender = models.CharField(max_length=320)
    recipients = ArrayField(models.EmailField(max_length=320))
    subject = models.CharField(max_length=500)
    # The whole message as bytes; emptied once sent, because it may hold a secret link.
    content = models.BinaryField(default=bytes)
    due_at = models.DateTimeField(default=clock.now)
    claimed_until = models.DateTimeField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message_id"], name="core_mail_one_row_per_message_id"),
            models.CheckConstraint(
                name="core_mail_sent_has_time",
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="core_mail_due", condition=Q(state="waiting")),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.message_id} ({self.state})"
