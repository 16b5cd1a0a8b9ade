"""The one organisation that a database belongs to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class Organisation(models.Model):
    """A single row: an organisation is a database. ``demo_size`` says that everything in it was made up."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("name"), max_length=120)
    demo_size = models.CharField(max_length=10, blank=True, editable=False)
    demo_seed = models.PositiveIntegerField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="accounts_organisation_is_one", condition=Q(id=1)),
            models.CheckConstraint(
                name="accounts_organisation_demo_has_seed",
                condition=Q(demo_size="", demo_seed__isnull=True) | (~Q(demo_size="") & Q(demo_seed__isnull=False)),
            ),
        ]

    @override
    def __str__(self) -> str:
        return self.name
