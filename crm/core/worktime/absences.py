"""Stretches in which a calendar is shut whatever its hours say: leave, illness, a paused clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from crm.core.errors import Invalid
from crm.core.worktime.errors import NaiveTimeError
from crm.core.worktime.zones import EARLIEST

FOREVER = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Absence:
    """Away from ``starts_at`` until just before ``ends_at``, aware instants; without an end, for ever.

    Half days are instants like any other: the caller turns "in the afternoon" into them.
    """

    starts_at: datetime
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts_at", _to_utc_within_reach(self.starts_at))
        if self.ends_at is not None:
            object.__setattr__(self, "ends_at", _to_utc_within_reach(self.ends_at))
        if self.until <= self.starts_at:
            detail = _("An absence ends after it starts.")
            raise Invalid(detail, field="ends_at", code="absence_ends_before_start")

    @property
    def until(self) -> datetime:
        """The end, or an instant beyond every horizon."""
        return FOREVER if self.ends_at is None else self.ends_at


def merge_absences(absences: Iterable[Absence]) -> tuple[Absence, ...]:
    """The same time away, in order and with gaps between, so that equal absences compare equal."""
    merged: list[Absence] = []
    for absence in sorted(absences, key=lambda item: (item.starts_at, item.until)):
        if merged and absence.starts_at <= merged[-1].until:
            longer = max(merged[-1], absence, key=lambda item: item.until)
            merged[-1] = Absence(merged[-1].starts_at, longer.ends_at)
        else:
            merged.append(absence)
    return tuple(merged)


def _to_utc_within_reach(instant: datetime) -> datetime:
    """The instant in UTC; what lies before the first or after the last year served counts as those."""
    if instant.utcoffset() is None:
        raise NaiveTimeError(f"{instant.isoformat()} has no offset; an instant is needed")
    if instant <= EARLIEST:
        return EARLIEST
    return FOREVER if instant >= FOREVER else instant.astimezone(UTC)
