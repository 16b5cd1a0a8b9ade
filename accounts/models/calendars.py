"""Working calendars as rows; the arithmetic is ``crm.core.worktime``."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from accounts.models.fields import validate_zone
from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet


class WorkingCalendar(BaseModel):
    """When people work: weekly hours with breaks, public holidays of a country or region, own closed and open days."""

    name = models.CharField(_("name"), max_length=80)
    time_zone = models.CharField(_("time zone"), max_length=64, validators=[validate_zone])
    # ISO 3166-1 and -2 as the holidays library knows them; empty: no public holidays.
    country = models.CharField(_("country"), max_length=2, blank=True)
    region = models.CharField(_("region"), max_length=10, blank=True)
    # crm.core.worktime.WeeklyHours as JSON: {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], …}
    hours = models.JSONField(_("weekly hours"))
    closed_days = ArrayField(models.DateField(), default=list, blank=True, verbose_name=_("own closed days"))
    open_days = ArrayField(models.DateField(), default=list, blank=True, verbose_name=_("holidays that are worked"))

    objects = ScopedQuerySet["WorkingCalendar"].as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"),
                name="accounts_calendar_one_per_name",
                violation_error_message=_("There is a calendar of this name already."),
            ),
        ]

    @override
    def __str__(self) -> str:
        return self.name
