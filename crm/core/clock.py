"""The one clock. Everything asks here for the time, so that a test or a checker can move it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings


def now() -> datetime:
    """The present instant, aware, in UTC (shifted by the setting ``CLOCK_OFFSET``, which production refuses)."""
    return datetime.now(UTC) + settings.CLOCK_OFFSET  # noqa: TID251 (this is the one place)


def today(zone: str) -> date:
    """The calendar day it is now in an IANA zone such as ``"Asia/Jakarta"``."""
    return now().astimezone(ZoneInfo(zone)).date()
