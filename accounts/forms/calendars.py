"""Working calendars: the week with its breaks, the holidays of a place, days that differ."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from typing_extensions import override

from accounts.forms.base import RecordForm
from accounts.forms.fields import ZoneField
from accounts.models import WorkingCalendar
from accounts.services.calendars import FIELDS
from crm.core import formats
from crm.core.errors import Invalid
from crm.core.worktime import WEEKDAYS, WeeklyHours, places_with_holidays, region_names

MOST_DAYS = 200
USUAL_WEEK = {day: [["09:00", "12:30"], ["13:30", "18:00"]] for day in WEEKDAYS[:5]}


def weekday_name(code: str) -> str:
    """``mon`` -> ``Monday``, in the reader's language."""
    name: str = formats.locale().days["stand-alone"]["wide"][WEEKDAYS.index(code)]
    return name[:1].upper() + name[1:]


class WeekInput(forms.Widget):
    """Pairs of times per weekday, as many as there are: ``hours_mon_opens`` and ``hours_mon_closes``, repeated."""

    template_name = "accounts/forms/week.html"
    use_fieldset = True

    @override
    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, list[list[str]]]:
        week = {}
        for day in WEEKDAYS:
            opens, closes = (_listed(data, f"{name}_{day}_{edge}") for edge in ("opens", "closes"))
            pairs = [[start.strip(), end.strip()] for start, end in zip(opens, closes, strict=False)]
            week[day] = [pair for pair in pairs if any(pair)]
        return week

    @override
    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    @override
    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        week = value if isinstance(value, dict) else {}
        context = super().get_context(name, value, attrs)
        context["days"] = [
            {"code": day, "name": weekday_name(day), "pairs": [_shown(pair) for pair in week.get(day) or []]}
            for day in WEEKDAYS
        ]
        return context


def _shown(pair: list[str]) -> list[str]:
    """A time field cannot show 24:00; midnight as an end is 00:00 as well."""
    return ["00:00" if time == "24:00" else time for time in pair]


class WeekField(forms.Field):
    """Weekly hours in the JSON shape of ``crm.core.worktime.WeeklyHours``."""

    widget = WeekInput

    @override
    def clean(self, value: dict[str, list[list[str]]]) -> dict[str, list[list[str]]]:
        for day, pairs in value.items():
            if any("" in pair for pair in pairs):
                raise ValidationError(
                    _("%(day)s: say both when it opens and when it closes."), params={"day": weekday_name(day)}
                )
        try:
            hours = WeeklyHours.parse(value)
        except Invalid as fault:
            code = (fault.field or "").removeprefix("hours.")[:3]
            day = f"{weekday_name(code)}: " if code in WEEKDAYS else ""
            raise ValidationError(f"{day}{fault.detail}") from fault
        if not any(hours.days):
            raise ValidationError(_("Give at least one day some hours."))
        return {day: pairs for day, pairs in hours.to_json().items() if pairs}


class DaysInput(forms.Widget):
    """Any number of dates under one name."""

    template_name = "accounts/forms/days.html"
    use_fieldset = True

    @override
    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [text.strip() for text in _listed(data, name) if text.strip()]

    @override
    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    @override
    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["dates"] = [day.isoformat() if isinstance(day, dt.date) else day for day in value or []]
        return context


class DaysField(forms.Field):
    """A list of dates, each once, in order."""

    widget = DaysInput

    @override
    def clean(self, value: list[str]) -> list[dt.date]:
        if len(value) > MOST_DAYS:
            raise ValidationError(_("At most %(most)s days."), params={"most": MOST_DAYS})
        return sorted({self._day(text) for text in value})

    @staticmethod
    def _day(text: str) -> dt.date:
        try:
            return dt.date.fromisoformat(text)
        except ValueError as error:
            raise ValidationError(_("“%(text)s” is no date."), params={"text": text[:20]}) from error


def _listed(data: Any, name: str) -> list[str]:
    return data.getlist(name) if isinstance(data, QueryDict) else list(data.get(name) or [])


def country_choices() -> list[tuple[str, str]]:
    """Countries whose holidays are known, by the reader's name for them."""
    names = formats.locale().territories
    listed = [(code, names.get(code, code)) for code in places_with_holidays()]
    return [("", _("None: no public holidays")), *sorted(listed, key=lambda choice: choice[1].casefold())]


def region_choices(country: str) -> list[tuple[str, str]]:
    """The parts of a country with holidays of their own; only "everywhere" for one without."""
    if country not in places_with_holidays():
        return [("", _("Everywhere"))]
    return [("", _("Everywhere")), *sorted(region_names(country).items(), key=lambda choice: choice[1].casefold())]


class CalendarForm(RecordForm):
    FIELDS: ClassVar = FIELDS

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    time_zone = ZoneField(help_text=gettext_lazy("For teams. A person's own hours run on the clock of their own zone."))
    hours = WeekField(label=gettext_lazy("Weekly hours"), initial=USUAL_WEEK)
    country = forms.ChoiceField(label=gettext_lazy("Public holidays of"), choices=country_choices, required=False)
    region = forms.ChoiceField(label=gettext_lazy("Region"), required=False)
    closed_days = DaysField(
        label=gettext_lazy("Own closed days"),
        required=False,
        help_text=gettext_lazy("Bridge days, the company's outing."),
    )
    open_days = DaysField(
        label=gettext_lazy("Open all the same"), required=False, help_text=gettext_lazy("Holidays that are worked.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].choices = region_choices(self["country"].value() or "")  # type: ignore[attr-defined]

    @override
    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or self.cleaned_data
        if both := set(data.get("closed_days", [])) & set(data.get("open_days", [])):
            self.add_error(
                "open_days", _("%(day)s is among the closed days too.") % {"day": formats.day(min(both), "year")}
            )
        return data

    def unsaved(self) -> WorkingCalendar:
        """The calendar as the form has it now, to look at. Only after ``is_valid``."""
        return WorkingCalendar(**self.values())
