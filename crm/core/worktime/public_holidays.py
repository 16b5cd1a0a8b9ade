"""Days that differ from the week: public holidays of a place, own closed days, own open days.

Public holidays come from the ``holidays`` library (ISO 3166 country, its subdivision by code or name: Alsace
in France is ``6AE`` or ``Alsace``, Moselle ``57``), with the days observed in lieu. The library knows a place
from the year its law begins until about 2100; outside those years it lists nothing.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Self

from django.utils.translation import gettext as _

from crm.core.errors import Invalid
from crm.core.worktime.hours import DayHours, WeeklyHours, day_to_json, parse_day

OpenDay = tuple[date, DayHours | None]
"""A date opened against week and holidays, with its own hours, or None for the usual hours of its weekday."""

MOST_DAYS = 1000  # closed and open each: decades of bridge days, and a bound on what a calendar costs
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Holidays:
    """What closes and opens single days. ``open_on`` beats ``closed_on``, the public holidays and the week.

    A day is closed or open by the date an interval starts on: the night shift that began before a holiday is
    worked to its end, the one that would begin on it is not.
    """

    country: str = ""
    subdivision: str = ""
    closed_on: frozenset[date] = frozenset()
    open_on: tuple[OpenDay, ...] = ()

    def __post_init__(self) -> None:
        _refuse_unknown_place(self.country, self.subdivision)
        for name, days in (("closed", self.closed_on), ("open", self.open_on)):
            if len(days) > MOST_DAYS:
                raise _wrong(_("At most %(most)s days can be listed.") % {"most": MOST_DAYS}, name)
        object.__setattr__(self, "open_on", tuple(sorted(self.open_on, key=lambda item: item[0])))
        opened = {day for day, _hours in self.open_on}
        if len(opened) < len(self.open_on) or self.closed_on & opened:
            detail = _("A date stands twice among the closed and open days.")
            raise Invalid(detail, field="open", code="holidays_contradict")

    @classmethod
    def parse(cls, raw: object, *, field: str = "holidays") -> Self:
        """Holidays from their JSON shape; ``Invalid`` names the spot (``holidays.closed[2]``).

        ``{"country": "FR", "subdivision": "6AE", "closed": ["2026-05-15"], "open": {"2026-12-20": [["10:00",
        "16:00"]], "2026-05-25": null}}``; every key may be left out, and null opens a day with the usual
        hours of its weekday.
        """
        known: dict[str, Any] = {"country": "", "subdivision": "", "closed": [], "open": {}}
        if not isinstance(raw, dict) or not raw.keys() <= known.keys():
            raise _wrong(_("Holidays hold country, subdivision, closed and open, nothing else."), field)
        parts = known | raw
        for name, example in known.items():
            if not isinstance(parts[name], type(example)):
                detail = _("This has the wrong shape: country and subdivision are text, closed a list, open a table.")
                raise _wrong(detail, f"{field}.{name}")
        closed = [_parse_date(text, f"{field}.closed[{place}]") for place, text in enumerate(parts["closed"])]
        opened = [_parse_open_day(text, day, f"{field}.open") for text, day in parts["open"].items()]
        try:
            return cls(parts["country"], parts["subdivision"], frozenset(closed), tuple(opened))
        except Invalid as error:
            raise Invalid(error.detail, field=f"{field}.{error.field}", code=error.specific_code) from None

    def to_json(self) -> dict[str, object]:
        """The JSON shape with all four keys; ``parse`` gives back an equal value."""
        return {
            "country": self.country,
            "subdivision": self.subdivision,
            "closed": [day.isoformat() for day in sorted(self.closed_on)],
            "open": {day.isoformat(): None if hours is None else day_to_json(hours) for day, hours in self.open_on},
        }

    def hours_on(self, day: date, weekly: WeeklyHours) -> DayHours:
        """The intervals that really start on the day."""
        usual = weekly.days[day.weekday()]
        for opened, hours in self.open_on:
            if opened == day:
                return usual if hours is None else hours
        is_closed = day in self.closed_on or day in _public_days(self.country, self.subdivision, day.year)
        return () if is_closed else usual


def places_with_holidays() -> dict[str, tuple[str, ...]]:
    """Every country (two letters) whose holidays are known, with its subdivisions' codes: for choices."""
    import holidays  # noqa: PLC0415 - half a second of imports that only a calendar with a country needs

    known: dict[str, list[str]] = holidays.list_supported_countries()
    return {country: tuple(known[country]) for country in sorted(known) if len(country) == 2}


def region_names(country: str) -> dict[str, str]:
    """The subdivisions of a country that have holidays of their own: code to name, the code where there is no name."""
    _refuse_unknown_place(country, "")
    import holidays  # noqa: PLC0415 - see above

    place = holidays.country_holidays(country)
    names: dict[str, str] = {code: code for code in place.subdivisions}
    for name, code in place.subdivisions_aliases.items():
        names[code] = max(names[code], name, key=len)  # aliases hold short codes beside the name
    return names


def public_holidays(country: str, subdivision: str, year: int, *, language: str = "en") -> dict[date, str]:
    """The public holidays of a place in a year with their names, in ``language`` where they are known."""
    _refuse_unknown_place(country, subdivision)
    import holidays  # noqa: PLC0415 - see above

    spoken: tuple[str, ...] = holidays.country_holidays(country).supported_languages
    fitting = [name for name in spoken if name.split("_")[0] == language]
    found = holidays.country_holidays(
        country, subdiv=subdivision or None, years=year, expand=False, language=next(iter(fitting), None)
    )
    return {day: name for day, name in sorted(found.items()) if day.year == year}


@lru_cache(maxsize=2048)
def _public_days(country: str, subdivision: str, year: int) -> frozenset[date]:
    return frozenset(public_holidays(country, subdivision, year)) if country else frozenset()


@lru_cache(maxsize=1024)
def _refuse_unknown_place(country: str, subdivision: str) -> None:
    if not country and not subdivision:
        return
    import holidays  # noqa: PLC0415 - see above

    if country not in places_with_holidays():
        detail = _("No public holidays are known for the country “%(country)s”. Leave it empty and list its days.")
        raise Invalid(detail % {"country": country[:40]}, field="country", code="unknown_country")
    try:
        holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError as error:
        detail = _("“%(part)s” is no part of %(country)s with holidays of its own.")
        texts = {"part": subdivision[:40], "country": country}
        raise Invalid(detail % texts, field="subdivision", code="unknown_subdivision") from error


def _parse_open_day(text: object, raw: object, field: str) -> OpenDay:
    day = _parse_date(text, field)
    return day, None if raw is None else parse_day(raw, field=f"{field}.{day}")


def _parse_date(raw: object, field: str) -> date:
    if isinstance(raw, str) and _DATE.fullmatch(raw):
        with suppress(ValueError):
            return date.fromisoformat(raw)
    detail = _("“%(text)s” is no date. Write it as 2026-05-15.")
    raise _wrong(detail % {"text": str(raw)[:40]}, field)


def _wrong(detail: str, field: str) -> Invalid:
    return Invalid(detail, field=field, code="holidays_malformed")
