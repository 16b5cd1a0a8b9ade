"""The one clock. Everything asks here for the time, so that a test or a checker can move it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

_told: ContextVar[datetime | None] = ContextVar("told", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC (shifted by the setting ``CLOCK_OFFSET``, which production refuses)."""
    told = _told.get()
    return told if told is not None else datetime.now(UTC) + settings.CLOCK_OFFSET  # noqa: TID251 (this is the one place)


@contextmanager
def telling(moment: datetime) -> Iterator[None]:
    """What is written inside happened at ``moment``: for telling the demo's history through the ordinary services."""
    token = _told.set(moment)
    try:
        yield
    finally:
        _told.reset(token)


def today(zone: str) -> date:
    """The calendar day it is now in an IANA zone such as ``"Asia/Jakarta"``."""
    return now().astimezone(ZoneInfo(zone)).date()
