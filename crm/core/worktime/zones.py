"""Wall clocks and instants. Every instant in and out is aware; every instant out is in UTC.

Two different questions have two different answers where clocks change, and both are asked here:

* *When is the appointment at 02:30?* (`resolve_local`) A time the clock skips moves forward by the length of
  the jump (02:30 becomes 03:30), a time it shows twice means the first: the rule of RFC 5545, of java.time
  and of ``zoneinfo`` itself.
* *From which instant does the clock read 02:30 or later?* (`first_reading`) A skipped time is reached at the
  jump (03:00), a doubled one at its first pass. Opening hours need this one: it never puts two edges in the
  wrong order, so hours can neither overlap nor run backwards on the night of the change, and a day that a
  zone leaves out (Apia, 30 December 2011) has none.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from crm.core.errors import Invalid
from crm.core.worktime.errors import NaiveTimeError, TooFar

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

# Present in many zone folders, but they mean "this machine" or count leap seconds.
_NOT_PLACES = ("Factory", "localtime", "posixrules", "posix/", "right/")


@lru_cache(maxsize=1024)
def load_zone(name: str, *, field: str = "zone") -> ZoneInfo:
    """The zone of an IANA name such as ``Asia/Jakarta``; ``Invalid`` with code ``unknown_zone`` otherwise."""
    try:
        return ZoneInfo("" if name.startswith(_NOT_PLACES) else name)
    except (LookupError, ValueError, OSError) as error:  # a folder ("America") is an OSError
        detail = _("There is no time zone “%(name)s”.") % {"name": name[:60]}
        raise Invalid(detail, field=field, code="unknown_zone") from error


def to_utc(instant: datetime) -> datetime:
    """The same instant in UTC. ``NaiveTimeError`` without an offset, ``TooFar`` outside 1970 to 2099."""
    if instant.utcoffset() is None:
        raise NaiveTimeError(f"{instant.isoformat()} has no offset; an instant is needed")
    try:
        moved = instant.astimezone(UTC)
    except OverflowError as error:
        raise TooFar from error
    if not EARLIEST <= moved < LATEST:
        raise TooFar
    return moved


def resolve_local(wall: datetime, zone: str) -> datetime:
    """The instant of a naive wall time: a skipped time moves forward, a doubled one means its first pass."""
    if wall.tzinfo is not None:
        raise NaiveTimeError(f"{wall.isoformat()} has an offset; a wall time is needed")
    return _resolve(wall, load_zone(zone))


def same_wall_time_next_day(instant: datetime, zone: str, *, days: int = 1) -> datetime:
    """The instant ``days`` later (or earlier) at the same wall time, resolved like an appointment.

    A day is 23 or 25 hours when clocks change. ``days=0`` is the instant itself, also in the second pass of a
    doubled hour.
    """
    start = to_utc(instant)
    if not days:
        return start
    place = load_zone(zone)
    try:
        wall = start.astimezone(place).replace(tzinfo=None) + timedelta(days=days)
    except OverflowError as error:
        raise TooFar from error
    return to_utc(wall.replace(tzinfo=place, fold=0))


def day_span(day: date, zone: str) -> tuple[datetime, datetime]:
    """The first instant of a local day and of the next: 23 to 25 hours, or none for a skipped day."""
    place = load_zone(zone)
    midnight = datetime.combine(day, time())
    return first_reading(midnight, place), first_reading(midnight + timedelta(days=1), place)


def first_reading(wall: datetime, zone: ZoneInfo) -> datetime:
    """The earliest instant at which the clock of ``zone`` reads ``wall`` (naive) or later."""
    instant = _resolve(wall, zone)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _jump_before(instant, wall, zone)


def _jump_before(instant: datetime, wall: datetime, zone: ZoneInfo) -> datetime:
    """The jump that skipped ``wall``: the first second with the new offset between its two readings."""
    earlier = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    seconds = range(int((instant - earlier).total_seconds()))

    def offset(second: int) -> timedelta:
        return (earlier + timedelta(seconds=second)).astimezone(zone).utcoffset() or timedelta()

    # The clock jumps forward here, so its offset grows once.
    return earlier + timedelta(seconds=bisect_left(seconds, offset(len(seconds)), key=offset))


def _resolve(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
