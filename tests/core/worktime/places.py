"""Clock changes the tests stand on, and calendars to stand there with. Dates are local dates of the change."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from crm.core.worktime import WEEKDAYS, Calendar, Holidays, WeeklyHours

# Both changes of zones that have them, and single ones where a zone changed its rules, skipped a day or part of one.
CHANGES: tuple[tuple[str, date], ...] = (
    ("Europe/Paris", date(2026, 3, 29)),
    ("Europe/Paris", date(2026, 10, 25)),
    ("Europe/London", date(2026, 3, 29)),
    ("Europe/London", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/St_Johns", date(2026, 3, 8)),
    ("America/St_Johns", date(2026, 11, 1)),
    ("America/Havana", date(2026, 3, 8)),  # 00:00 becomes 01:00
    ("America/Havana", date(2026, 11, 1)),  # 01:00 becomes 00:00
    ("America/Sao_Paulo", date(2018, 11, 4)),  # 00:00 becomes 01:00
    ("America/Sao_Paulo", date(2018, 2, 18)),  # 00:00 becomes 23:00 of the day before
    ("Australia/Lord_Howe", date(2026, 10, 4)),  # half an hour
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Pacific/Auckland", date(2026, 9, 27)),
    ("Pacific/Auckland", date(2026, 4, 5)),
    ("Pacific/Chatham", date(2026, 9, 27)),  # +12:45 and +13:45
    ("Pacific/Chatham", date(2026, 4, 5)),
    ("Antarctica/Troll", date(2026, 3, 29)),  # two hours
    ("Antarctica/Troll", date(2026, 10, 25)),
    ("Africa/Casablanca", date(2026, 2, 15)),  # Ramadan: back, and forward a month later
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 30)),  # 00:00 becomes 23:00 of the day before
    ("Asia/Kathmandu", date(2026, 3, 29)),  # +05:45, never changes
    ("Asia/Jakarta", date(2026, 10, 25)),  # never changes
    ("Asia/Pyongyang", date(2015, 8, 15)),  # half an hour back for good
    ("Asia/Pyongyang", date(2018, 5, 5)),  # and forward again
    ("Europe/Moscow", date(2011, 3, 27)),  # summer time for ever
    ("Europe/Moscow", date(2014, 10, 26)),  # winter time for ever
    ("Pacific/Apia", date(2011, 12, 30)),  # no such day
)

NIGHT_SHIFTS = WeeklyHours.parse({name: [["22:00", "06:00"]] for name in WEEKDAYS})


def office(zone: str = "Europe/Paris", opens: str = "10:00", closes: str = "18:00", **holidays: str) -> Calendar:
    """Monday to Friday, 10:00 to 18:00, with the public holidays of a country when it is given."""
    return Calendar(zone, WeeklyHours.on_workdays(opens, closes), Holidays(**holidays))


def at(text: str, zone: str = "Europe/Paris") -> datetime:
    """The instant of a written local time, ``"2026-06-03 15:00"``; a fold is written with an offset instead."""
    written = datetime.fromisoformat(text)
    return (written if written.tzinfo else written.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def local(instant: datetime, zone: str = "Europe/Paris") -> str:
    """How the wall clock shows an instant: ``"2026-06-03 15:00"``."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
