"""Duplicates: the keys that bring two records together, the pairs found, and what a merge moved."""

from __future__ import annotations

from typing import ClassVar, cast
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from crm.core import clock
from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet


class CompanyKey(models.Model):
    """A blocking key of a company as a 64-bit hash: records that share one are worth comparing. Rewritten with the record."""

    # Tens of millions of rows: two indexes, one from each side, and no number of their own.
    pk = models.CompositePrimaryKey("company", "key")
    company = models.ForeignKey("leads.Company", on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "company"], name="leads_companykey_holders")]

    @override
    def __str__(self) -> str:
        return f"{self.key:x}"


class ContactKey(models.Model):
    """The same for a contact."""

    pk = models.CompositePrimaryKey("contact", "key")
    contact = models.ForeignKey("leads.Contact", on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "contact"], name="leads_contactkey_holders")]

    @override
    def __str__(self) -> str:
        return f"{self.key:x}"


ONE_KIND = Q(company__isnull=False, contact=None) | Q(company=None, contact__isnull=False)


class DuplicateCheck(models.Model):
    """A record that changed and is due to be looked at for duplicates; the row goes when that is done."""

    id = models.BigAutoField(primary_key=True)
    company = models.OneToOneField("leads.Company", on_delete=models.CASCADE, null=True, related_name="+")
    contact = models.OneToOneField("leads.Contact", on_delete=models.CASCADE, null=True, related_name="+")
    due_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(name="leads_duplicatecheck_has_one_kind", condition=ONE_KIND)]
        indexes: ClassVar = [models.Index(fields=["due_at", "id"], name="leads_duplicatecheck_due")]

    @override
    def __str__(self) -> str:
        return str(self.company_id or self.contact_id)


class DuplicatePair(BaseModel):
    """Two companies, or two contacts, that are probably one. A pair is unique whichever way round it is written.

    ``reasons`` is a list of ``{"field", "similarity", "weight"}``, strongest first: likeness 0 to 1 and the
    log-odds that the field adds (negative: speaks against).
    """

    class State(models.TextChoices):
        OPEN = "open", _("To decide")
        DISMISSED = "dismissed", _("Not the same")
        MERGED = "merged", _("Merged")

    company = models.ForeignKey("leads.Company", on_delete=models.CASCADE, null=True, related_name="+")
    other_company = models.ForeignKey("leads.Company", on_delete=models.CASCADE, null=True, related_name="+")
    contact = models.ForeignKey("leads.Contact", on_delete=models.CASCADE, null=True, related_name="+")
    other_contact = models.ForeignKey("leads.Contact", on_delete=models.CASCADE, null=True, related_name="+")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    # The probability that they are one, 0 to 1.
    score = models.FloatField(_("score"))
    reasons = models.JSONField(default=list)
    decided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet["DuplicatePair"].as_manager()

    class Meta:
        ordering: ClassVar = ["-score", "id"]
        verbose_name = _("pair of duplicates")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="leads_duplicatepair_has_two_of_a_kind",
                condition=Q(company__isnull=False, other_company__isnull=False, contact=None, other_contact=None)
                | Q(company=None, other_company=None, contact__isnull=False, other_contact__isnull=False),
            ),
            models.CheckConstraint(
                name="leads_duplicatepair_of_different_ones",
                condition=~Q(company=F("other_company")) & ~Q(contact=F("other_contact")),
            ),
            models.UniqueConstraint(
                Least("company", "other_company"),
                Greatest("company", "other_company"),
                name="leads_duplicatepair_once_per_companies",
                condition=Q(company__isnull=False),
            ),
            models.UniqueConstraint(
                Least("contact", "other_contact"),
                Greatest("contact", "other_contact"),
                name="leads_duplicatepair_once_per_contacts",
                condition=Q(contact__isnull=False),
            ),
            models.CheckConstraint(
                name="leads_duplicatepair_decided_has_time",
                condition=Q(state="open", decided_at=None) | (~Q(state="open") & Q(decided_at__isnull=False)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-score", "id"], name="leads_duplicatepair_to_decide", condition=Q(state="open")),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.ones[0]} = {self.ones[1]}?"

    @property
    def kind(self) -> str:
        """``company`` or ``contact``."""
        return "company" if self.company_id else "contact"

    @property
    def ones(self) -> tuple[UUID, UUID]:
        """The ids of the two."""
        return (self.one_id, self.other_id)

    @property
    def one_id(self) -> UUID:
        return cast("UUID", self.company_id or self.contact_id)

    @property
    def other_id(self) -> UUID:
        return cast("UUID", self.other_company_id or self.other_contact_id)


class MergeRecord(BaseModel):
    """What one merge did, row by row, so that it can be taken back.

    ``moves`` is ``[{"model", "field", "ids": […]}]``: rows whose key was set from the gone record to the kept one.
    ``edits`` is ``[{"model", "id", "fields": {name: [before, after]}}]`` in stored forms, ``additions`` ``[{"model", "id"}]``.
    ``left`` says after an undo what stayed as it was because somebody changed it since, in the form of ``edits``.
    """

    kept_company = models.ForeignKey("leads.Company", on_delete=models.CASCADE, null=True, related_name="+")
    gone_company = models.ForeignKey("leads.Company", on_delete=models.CASCADE, null=True, related_name="+")
    kept_contact = models.ForeignKey("leads.Contact", on_delete=models.CASCADE, null=True, related_name="+")
    gone_contact = models.ForeignKey("leads.Contact", on_delete=models.CASCADE, null=True, related_name="+")
    merged_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    merged_at = models.DateTimeField(default=clock.now)
    moves = models.JSONField(default=list)
    edits = models.JSONField(default=list)
    additions = models.JSONField(default=list)
    unmerged_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    unmerged_at = models.DateTimeField(null=True)
    left = models.JSONField(default=list)

    objects = ScopedQuerySet["MergeRecord"].as_manager()

    class Meta:
        ordering: ClassVar = ["-merged_at", "-id"]
        verbose_name = _("merge")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="leads_mergerecord_has_two_of_a_kind",
                condition=Q(
                    kept_company__isnull=False, gone_company__isnull=False, kept_contact=None, gone_contact=None
                )
                | Q(kept_company=None, gone_company=None, kept_contact__isnull=False, gone_contact__isnull=False),
            ),
            # A record is in at most one merge that stands.
            models.UniqueConstraint(
                fields=["gone_company"], name="leads_mergerecord_one_per_company", condition=Q(unmerged_at=None)
            ),
            models.UniqueConstraint(
                fields=["gone_contact"], name="leads_mergerecord_one_per_contact", condition=Q(unmerged_at=None)
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.gone_id} into {self.kept_id}"

    @property
    def kept_id(self) -> UUID:
        return cast("UUID", self.kept_company_id or self.kept_contact_id)

    @property
    def gone_id(self) -> UUID:
        return cast("UUID", self.gone_company_id or self.gone_contact_id)
