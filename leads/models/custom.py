"""Fields that an organisation adds itself, without a migration."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from accounts.models import Motion
from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet


class CustomField(BaseModel):
    """A field of an organisation's own. Its values stand in the record's ``custom`` under ``key``.

    Never deleted while a value exists: it is put away, and its values stay.
    """

    class Holder(models.TextChoices):
        COMPANY = "company", _("Company")
        CONTACT = "contact", _("Contact")
        LEAD = "lead", _("Lead")
        DEAL = "deal", _("Deal")

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        CHOICES = "choices", _("Several choices")
        YES_NO = "yes_no", _("Yes or no")
        LINK = "link", _("Link to a record")

    holder = models.CharField(_("on"), max_length=8, choices=Holder)
    # In addresses, imports and the API; never changes.
    key = models.SlugField(_("key"), max_length=40)
    label = models.CharField(_("label"), max_length=80)
    help = models.CharField(_("help"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    choices = ArrayField(models.CharField(max_length=80), default=list, blank=True, verbose_name=_("choices"))
    link_to = models.CharField(_("links to"), max_length=8, choices=Holder, blank=True)
    is_required = models.BooleanField(_("required"), default=False)
    is_unique = models.BooleanField(_("unique"), default=False)
    # In the JSON form of its kind; null is none.
    default = models.JSONField(_("default"), null=True, blank=True)
    # Of leads and deals: only on these motions; empty is on all.
    motions = ArrayField(
        models.CharField(max_length=8, choices=Motion), default=list, blank=True, verbose_name=_("motions")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("used"), default=True)

    objects = ScopedQuerySet["CustomField"].as_manager()

    class Meta:
        ordering: ClassVar = ["holder", "position", "label", "id"]
        verbose_name = _("custom field")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["holder", "key"],
                name="leads_customfield_one_per_key",
                violation_error_message=_("There is a field with this key already."),
            ),
            models.CheckConstraint(
                name="leads_customfield_link_says_where",
                condition=(Q(kind="link") & ~Q(link_to="")) | (~Q(kind="link") & Q(link_to="")),
            ),
        ]

    @override
    def __str__(self) -> str:
        return self.label


class CustomValue(models.Model):
    """A value of a custom field, in the column by which it is compared: the index behind filters and uniqueness.

    Written by ``leads.services.custom`` together with the record's ``custom``; several choices are several rows.
    """

    id = models.BigAutoField(primary_key=True)
    field = models.ForeignKey(CustomField, on_delete=models.CASCADE, related_name="values")
    record_id = models.UUIDField()
    text = models.CharField(max_length=200, blank=True)
    # Numbers, amounts, yes (1) and no (0); dates as their ordinal.
    number = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    currency = models.CharField(max_length=3, blank=True)
    # The compared form where the field is unique, else null: then the constraint below does not see it.
    unique_key = models.CharField(max_length=220, null=True)  # noqa: DJ001 (null is the point)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["field", "unique_key"], name="leads_customvalue_unique_where_asked"),
            models.UniqueConstraint(
                fields=["record_id", "field", "text", "number"],
                name="leads_customvalue_once_per_record",
                nulls_distinct=False,
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["field", "text", "record_id"], name="leads_customvalue_by_text"),
            models.Index(fields=["field", "number", "record_id"], name="leads_customvalue_by_number"),
        ]

    @override
    def __str__(self) -> str:
        return self.text or str(self.number)
