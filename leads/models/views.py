"""How somebody likes to see a list, kept and shared."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet


class SavedView(BaseModel):
    """Filters, columns and order of a list under a name; one's own, or shared with everybody who sees the list."""

    class Of(models.TextChoices):
        LEADS = "leads", _("Leads")
        COMPANIES = "companies", _("Companies")
        CONTACTS = "contacts", _("Contacts")
        DEALS = "deals", _("Deals")

    owner = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    of = models.CharField(max_length=10, choices=Of)
    name = models.CharField(_("name"), max_length=80)
    filters = models.JSONField(default=dict)
    columns = ArrayField(models.CharField(max_length=60), default=list)
    order = models.CharField(max_length=60, blank=True)
    is_shared = models.BooleanField(_("for everybody"), default=False)
    # The view somebody's list opens with.
    is_first = models.BooleanField(_("opens first"), default=False)

    objects = ScopedQuerySet["SavedView"].as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        verbose_name = _("saved view")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "of", "name"],
                name="leads_savedview_one_per_name",
                violation_error_message=_("You have a view with this name already."),
            ),
            models.UniqueConstraint(
                fields=["owner", "of"],
                name="leads_savedview_one_opens_first",
                condition=models.Q(is_first=True),
            ),
        ]

    @override
    def __str__(self) -> str:
        return self.name
