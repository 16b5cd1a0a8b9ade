"""How long clocks runs: whole days by the wall clock, then working time; written ``1 d 10 h``, ``30 min``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from babel import Locale
from babel.units import format_unit
from django.utils.translation import gettext as _
from typing_extensions import override

from crm.core.errors import Invalid
from crm.core.worktime.errors import TooFar

HORIZON = timedelta(days=20 * 365 + 5)
"""How far ahead a clock may run and a calendar is searched for an opening: 20 years."""

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

_TEXT = re.compile(r"(?:([0-9]{1,6}) ?d)?(?: ?([0-9]{1,6}) ?h)?(?: ?([0-9]{1,6}) ?min)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Duration:
    """Whole calendar days and a working time on top; neither is negative, both stay within 20 years."""

    days: int = 0
    work: timedelta = timedelta()

    def __post_init__(self) -> None:
        if self.days < 0 or self.work < timedelta():
            detail = _("A duration cannot be negative.")
            raise Invalid(detail, field="duration", code="duration_negative")
        if self.days > HORIZON.days or self.work > HORIZON:
            raise TooFar(field="duration")

    @classmethod
    def parse(cls, text: str, *, field: str = "duration") -> Self:
        """A duration from its written form, days before hours before minutes: ``"1 d 10 h"``, ``"90min"``."""
        match = _TEXT.fullmatch(text.strip())
        if match is None or not any(match.groups()):
            detail = _("“%(text)s” is no duration. Write it as 30 min, 4 h or 1 d 4 h.")
            raise Invalid(detail % {"text": text[:40]}, field=field, code="duration_malformed")
        days, hours, minutes = (int(number or 0) for number in match.groups())
        return cls(days, timedelta(hours=hours, minutes=minutes))

    @override
    def __str__(self) -> str:
        """The written form, to the minute; ``parse`` reads it back."""
        return " ".join(f"{number} {unit}" for number, unit in self._parts()) or "0 min"

    def describe(self, locale: str) -> str:
        """The duration in words of ``en fr id``: “1 day 10 hours”, « 1 jour 10 heures », “1 hari 10 jam”."""
        names = {"d": "day", "h": "hour", "min": "minute"}
        place = Locale.parse(locale, sep="-")
        parts = self._parts() or [(0, "min")]
        return " ".join(format_unit(number, names[unit], locale=place) for number, unit in parts)

    def _parts(self) -> list[tuple[int, str]]:
        hours, rest = divmod(self.work, HOUR)
        parts = [(self.days, "d"), (hours, "h"), (rest // MINUTE, "min")]
        return [(number, unit) for number, unit in parts if number]
