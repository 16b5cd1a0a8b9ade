"""Working time: the one library behind every clock of Tandem (acceptance, first response, reminders).

``calendars`` tells how clocks run, ``zones`` how wall clocks become instants. Pure values and arithmetic, no
database; all instants in and out are aware, all instants out are UTC.
"""

from crm.core.worktime.absences import Absence
from crm.core.worktime.calendars import Calendar
from crm.core.worktime.duration import HORIZON, Duration
from crm.core.worktime.errors import NaiveTimeError, NeverCloses, NeverOpens, TooFar
from crm.core.worktime.hours import WEEKDAYS, DayHours, WeeklyHours, parse_day
from crm.core.worktime.public_holidays import Holidays, places_with_holidays, public_holidays, region_names
from crm.core.worktime.timeline import Opening
from crm.core.worktime.zones import day_span, load_zone, resolve_local, same_wall_time_next_day

__all__ = [
    "HORIZON",
    "WEEKDAYS",
    "Absence",
    "Calendar",
    "DayHours",
    "Duration",
    "Holidays",
    "NaiveTimeError",
    "NeverCloses",
    "NeverOpens",
    "Opening",
    "TooFar",
    "WeeklyHours",
    "day_span",
    "load_zone",
    "parse_day",
    "places_with_holidays",
    "public_holidays",
    "region_names",
    "resolve_local",
    "same_wall_time_next_day",
]
