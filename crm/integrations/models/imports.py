"""Imports: the file with what was decided about it, what became of each row, and every record that was touched."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet

# Outcome of a row -> what it is called.
COUNTED = ("created", "updated", "unchanged", "refused", "skipped")


class ImportJobQuerySet(ScopedQuerySet["ImportJob"]):
    def due(self, moment: datetime) -> ImportJobQuerySet:
        """Waiting for a worker, or left behind by one whose lease is over."""
        return self.filter(Q(claimed_until=None) | Q(claimed_until__lte=moment), state__in=ImportJob.AT_WORK)


class ImportJob(BaseModel):
    """A file on its way in. Work is due while ``state`` is one of ``AT_WORK``; a worker holds it by ``claimed_until``.

    ``position`` is the number of the last row whose chunk was committed: who takes over after a crash goes on behind it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("To be checked")
        CHECKING = "checking", _("Trying out")
        CHECKED = "checked", _("Tried out")
        RUNNING = "running", _("Importing")
        DONE = "done", _("Imported")
        CANCELLED = "cancelled", _("Stopped")
        FAILED = "failed", _("Failed")
        UNDOING = "undoing", _("Undoing")
        UNDONE = "undone", _("Undone")

    AT_WORK = (State.CHECKING, State.RUNNING, State.UNDOING)

    class Target(models.TextChoices):
        LEADS = "leads", _("Leads")
        COMPANIES = "companies", _("Companies")
        CONTACTS = "contacts", _("Contacts")
        DEALS = "deals", _("Deals")
        PRODUCTS = "products", _("Products")

    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    target = models.CharField(_("as"), max_length=10, choices=Target)
    name = models.CharField(_("file"), max_length=200)
    # Below MEDIA_ROOT; never a name somebody gave.
    path = models.CharField(max_length=200, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    size = models.BigIntegerField(_("bytes"), editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    # How the file is written (``reading.source.Settings``), its columns, {column: field}, what to do about duplicates and so on.
    settings = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)

    position = models.PositiveIntegerField(default=0)
    # As counted by the trial, or the first run over the file; null until known.
    total = models.PositiveIntegerField(null=True)
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    # The trial's counts, and of an undo: removed, restored, left by reason.
    trial = models.JSONField(null=True)
    undone = models.JSONField(null=True)
    problem = models.CharField(max_length=500, blank=True)

    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    # Raised at each claim: a worker that wakes up after its lease finds another number and must stop.
    attempt = models.PositiveIntegerField(default=0)
    is_cancelling = models.BooleanField(default=False)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        verbose_name = _("import")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="integrations_import_adds_up",
                condition=Q(
                    position=models.F("created")
                    + models.F("updated")
                    + models.F("unchanged")
                    + models.F("refused")
                    + models.F("skipped")
                ),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-created_at"], name="integrations_import_of_owner"),
            models.Index(
                fields=["due_at"],
                name="integrations_import_due",
                condition=Q(state__in=["checking", "running", "undoing"]),
            ),
        ]

    @override
    def __str__(self) -> str:
        return self.name

    @property
    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in COUNTED}

    @property
    def is_at_work(self) -> bool:
        return self.state in self.AT_WORK

    @property
    def share_done(self) -> int | None:
        """Of a hundred; None while nobody knows how many rows there are."""
        return min(100, 100 * self.position // self.total) if self.total else None


class ImportRow(models.Model):
    """What became of one row. ``number`` counts rows, ``line`` is where it begins in the file; a row's number is unique per
    import, so that no row is taken in twice."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("created")
        UPDATED = "updated", _("updated")
        UNCHANGED = "unchanged", _("unchanged")
        REFUSED = "refused", _("refused")
        SKIPPED = "skipped", _("skipped")

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rows", db_index=False)
    # Of the trial, whose rows the real run replaces.
    is_trial = models.BooleanField(default=False)
    number = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    outcome = models.CharField(max_length=9, choices=Outcome)
    label = models.CharField(max_length=40, blank=True)
    record_id = models.UUIDField(null=True)
    column = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "is_trial", "number"], name="integrations_importrow_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["job", "number"], name="integrations_importrow_told", condition=~Q(code="")),
            models.Index(
                fields=["job", "record_id"], name="integrations_importrow_record", condition=Q(record_id__isnull=False)
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.line}: {self.outcome}"


class ImportedRecord(models.Model):
    """A record that an import made (``before`` is null) or changed, and the version it left: what undo goes by."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="records", db_index=False)
    label = models.CharField(max_length=40)
    record_id = models.UUIDField()
    version = models.PositiveIntegerField()
    before = models.JSONField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["job", "label", "record_id"], name="integrations_imported_of_job")]

    @override
    def __str__(self) -> str:
        return f"{self.label} {self.record_id}"


class ImportMapping(models.Model):
    """How a person mapped these columns last: the next file with the same ones is mapped so from the start."""

    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    target = models.CharField(max_length=10, choices=ImportJob.Target)
    # SHA-256 of the columns' folded names.
    signature = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "target", "signature"], name="integrations_importmapping_one"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.target} {self.signature[:8]}"
