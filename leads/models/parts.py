"""What several records of this app share: values of custom fields, an id elsewhere, search words."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.core.models import BaseModel


class Record(BaseModel):
    """A record of the business: it may be known elsewhere under another id, carries custom fields, and is found by words.

    ``custom`` holds ``{key: value}`` in JSON forms for showing; ``CustomValue`` indexes the same values for asking.
    ``search_words`` is written by ``leads.services.finding``: folded words, suffixes of phone numbers.
    """

    external_source = models.CharField(_("known in"), max_length=60, blank=True)
    external_id = models.CharField(_("id there"), max_length=200, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    search_words = SearchVectorField(null=True, editable=False)

    class Meta:
        abstract = True


def external_constraints(model: str) -> list[Any]:
    """The two rules of an id elsewhere: one record per (source, id), and never half of it."""
    return [
        models.UniqueConstraint(
            fields=["external_source", "external_id"],
            name=f"leads_{model}_one_per_external_id",
            condition=~Q(external_id=""),
            violation_error_message=_("Another record has this external id."),
        ),
        models.CheckConstraint(
            name=f"leads_{model}_external_id_is_whole",
            condition=Q(external_source="", external_id="") | (~Q(external_source="") & ~Q(external_id="")),
            violation_error_message=_("An external id needs its source, and a source an id."),
        ),
    ]
