"""Times away, in days of the person's own wall clock; hours where half a day is meant."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from typing_extensions import override

from accounts.forms.base import ServiceForm
from accounts.models import Absence, User
from crm.core.forms import DateInput, TimeInput
from crm.core.worktime import day_span, resolve_local

SENSIBLE = [MinValueValidator(dt.date(2000, 1, 1)), MaxValueValidator(dt.date(2099, 1, 1))]


class AbsenceForm(ServiceForm):
    """From a first to a last day, both included; with hours, from or until that hour."""

    FIELDS: ClassVar = ("user", "kind", "starts_at", "ends_at", "note")
    mark_optional = False  # the hints say it, and the hours stand beside their days

    user = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Who"), empty_label=None)
    kind = forms.ChoiceField(label=gettext_lazy("Why"), choices=Absence.Kind.choices, initial=Absence.Kind.LEAVE)
    first_day = forms.DateField(label=gettext_lazy("First day"), widget=DateInput, validators=SENSIBLE)
    first_hour = forms.TimeField(
        label=gettext_lazy("From"), required=False, widget=TimeInput, help_text=gettext_lazy("Empty: the whole day.")
    )
    last_day = forms.DateField(label=gettext_lazy("Last day"), widget=DateInput, validators=SENSIBLE)
    last_hour = forms.TimeField(
        label=gettext_lazy("Until"), required=False, widget=TimeInput, help_text=gettext_lazy("Empty: the whole day.")
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Only you and your managers see it."),
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = people  # type: ignore[attr-defined]

    @override
    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        zone = data["user"].time_zone
        data["starts_at"] = _instant(data["first_day"], data["first_hour"], zone, end=False)
        data["ends_at"] = _instant(data["last_day"], data["last_hour"], zone, end=True)
        if data["ends_at"] <= data["starts_at"]:
            self.add_error("last_day", _("The end must come after the start."))
        return data

    @override
    def field_for(self, name: str) -> str:
        return {"starts_at": "first_day", "ends_at": "last_day"}.get(name, name)


def _instant(day: dt.date, hour: dt.time | None, zone: str, *, end: bool) -> dt.datetime:
    """The hour of a day on a zone's clock; without one the day's beginning or end."""
    if hour is not None:
        return resolve_local(dt.datetime.combine(day, hour), zone)
    return day_span(day, zone)[1 if end else 0]
