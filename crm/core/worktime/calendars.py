"""A calendar: when somebody works, and how clocks run in that time.

The rule of `Calendar.add`, from the four worked cases of LeadAngel's escalation page (office 10:00 to 18:00,
Monday to Friday; Wed 15:00 + 10 h is Thu 17:00, Wed 20:00 + 10 h is Fri 12:00, Wed 15:00 + 1 day 10 h is
Fri 17:00, Wed 20:00 + 1 day 10 h is Mon 12:00):

1. A clock started while the office is closed starts at the next opening. (That page counts the day of the
   last case "from Thursday 10:00 to Friday 10:00". Counting from Wednesday 20:00 ends on the same Monday
   there, but would leave no working time at all to somebody who is given "1 day" on a Saturday.)
2. Whole days run on the wall clock: the same time on a later date, weekends and holidays included.
3. The rest runs in office time, from where the days ended.
4. A clock never ends while the office is closed: what would end there ends at the next opening. A closing
   time is still open enough to end on.

Working time is additive, ``add(add(s, a), b) == add(s, a + b)``, and ``between(s, add(s, a)) == a``. Whole
days are neither, because dates are not lengths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Self

from typing_extensions import override

from crm.core.worktime.absences import Absence, merge_absences
from crm.core.worktime.duration import HORIZON, Duration
from crm.core.worktime.errors import NeverCloses, NeverOpens, TooFar
from crm.core.worktime.hours import WeeklyHours
from crm.core.worktime.public_holidays import Holidays
from crm.core.worktime.timeline import (
    CHUNK,
    NOTHING,
    Chunk,
    Opening,
    Timeline,
    chunk_number,
    cut,
    office_timeline,
    personal_timeline,
)
from crm.core.worktime.zones import load_zone, same_wall_time_next_day, to_utc

HORIZON_CHUNKS = HORIZON // CHUNK + 2
NO_HOLIDAYS = Holidays()
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Calendar:
    """The open time of an office or a person: hours of a week in a zone, less holidays, less absences.

    Immutable and hashable; calendars with equal office hours share what has been computed of them. Takes
    aware instants, gives instants in UTC; openings include their first moment and exclude their last.
    """

    zone: str
    hours: WeeklyHours
    holidays: Holidays = NO_HOLIDAYS
    absences: tuple[Absence, ...] = ()

    def __post_init__(self) -> None:
        load_zone(self.zone)
        object.__setattr__(self, "absences", merge_absences(self.absences))

    def without(self, absences: Iterable[Absence]) -> Self:
        """This calendar with further absences: a person's leave, or the times in which a clock pauses."""
        return replace(self, absences=(*self.absences, *absences))

    def add(
        self,
        start: datetime,
        duration: Duration | timedelta = NOTHING,
        *,
        days: int = 0,
        hours: int = 0,
        minutes: int = 0,
    ) -> datetime:
        """When a clock started at ``start`` has run its course, by the rule above.

        A ``timedelta`` is working time (``timedelta(days=1)`` is 24 hours of work); whole days come in a
        `Duration` or as ``days``. ``NeverOpens`` when nothing is open for 20 years, ``TooFar`` when the clock
        needs longer than that.
        """
        given = duration if isinstance(duration, Duration) else Duration(work=duration)
        extra = Duration(days, timedelta(hours=hours, minutes=minutes))
        total = Duration(given.days + extra.days, given.work + extra.work)
        at = to_utc(start)
        if total.days:
            at = same_wall_time_next_day(self.next_opening(at), self.zone, days=total.days)
        return self._work_from(at, total.work) if total.work else self._not_closed(at)

    def subtract(self, end: datetime, work: timedelta) -> datetime:
        """The latest instant from which ``work`` fits before ``end``: "two working hours before the visit".

        No work gives ``end`` itself; ``TooFar`` when the last 20 years do not hold that much.
        """
        at, number = to_utc(end), chunk_number(to_utc(end))
        if not Duration(work=work).work:
            return at
        need = work + self._chunk(number).total - self._chunk(number).worked_until(at)
        for earlier in range(number, number - HORIZON_CHUNKS, -1):
            chunk = self._chunk(earlier)
            if need <= chunk.total:
                return chunk.last_with(chunk.total - need)
            need -= chunk.total
        raise TooFar

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from ``start`` to ``end``; negative when ``end`` is earlier, so it always adds up."""
        since, until = to_utc(start), to_utc(end)
        if until < since:
            return -self.between(until, since)
        first, last = chunk_number(since), chunk_number(until)
        skipped = sum((self._chunk(number).total for number in range(first, last)), NOTHING)
        return skipped + self._chunk(last).worked_until(until) - self._chunk(first).worked_until(since)

    def is_open(self, instant: datetime) -> bool:
        """Whether the instant lies in an opening."""
        return self._is_open(to_utc(instant))

    def next_opening(self, instant: datetime) -> datetime:
        """The instant itself when open, else the start of the next opening; ``NeverOpens`` without one."""
        at = to_utc(instant)
        return max(at, self._opening_from(at).opens_at)

    def closes_at(self, instant: datetime) -> datetime:
        """When the opening ends that runs at the instant or, when that is closed, the one that comes next.

        ``NeverOpens`` when there is none, ``NeverCloses`` when it runs on for 20 years.
        """
        opening = self._opening_from(to_utc(instant))
        horizon = opening.opens_at + HORIZON
        closes_at = next(self._merged(opening.opens_at, horizon)).closes_at
        if closes_at >= horizon:
            raise NeverCloses
        return closes_at

    def openings(self, start: datetime, end: datetime) -> Iterator[Opening]:
        """The openings between two instants, in order, cut at both; lazily, so you pay for what you read."""
        return self._merged(to_utc(start), to_utc(end))

    @override
    def __getstate__(self) -> dict[str, object]:
        """The fields alone, for pickling and copying: what has been computed stays behind."""
        return {name: value for name, value in vars(self).items() if name != "_timeline"}

    @cached_property
    def _timeline(self) -> Timeline:
        office = office_timeline(self.zone, self.hours, self.holidays)
        return personal_timeline(office, self.absences) if self.absences else office

    def _chunk(self, number: int) -> Chunk:
        return self._timeline.chunk(number)

    def _is_open(self, at: datetime) -> bool:
        opening = self._chunk(chunk_number(at)).opening_from(at)
        return opening is not None and opening.opens_at <= at

    def _opening_from(self, at: datetime) -> Opening:
        """The opening running at an instant, or else the next one; possibly cut where chunks meet."""
        first = chunk_number(at)
        for number in range(first, first + HORIZON_CHUNKS):
            opening = self._chunk(number).opening_from(at)
            if opening is not None:
                return opening
        raise NeverOpens

    def _work_from(self, at: datetime, work: timedelta) -> datetime:
        """The earliest instant with that much work (more than none) between it and ``at``."""
        first = chunk_number(self.next_opening(at))
        need = work + self._chunk(first).worked_until(at)
        for number in range(first, first + HORIZON_CHUNKS):
            chunk = self._chunk(number)
            if need <= chunk.total:
                return chunk.first_with(need)
            need -= chunk.total
        raise TooFar

    def _not_closed(self, at: datetime) -> datetime:
        """The instant when it lies in an opening or just at the end of one, else the next opening."""
        if self._is_open(at) or self._is_open(at - MOMENT):
            return at
        return self._opening_from(at).opens_at

    def _merged(self, start: datetime, end: datetime) -> Iterator[Opening]:
        """The openings between two instants, whole where chunks meet."""
        running: Opening | None = None
        for number in range(chunk_number(start), chunk_number(end) + 1):
            for opening in cut(self._chunk(number).openings(), start, end):
                if running is None:
                    running = opening
                elif running.closes_at == opening.opens_at:
                    running = Opening(running.opens_at, opening.closes_at)
                else:
                    yield running
                    running = opening
        if running is not None:
            yield running
