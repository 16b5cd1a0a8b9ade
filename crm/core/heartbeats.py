"""Signs of life, one row per sweep and process, in Postgres."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F

from crm.core import clock
from crm.core.models import Heartbeat


def beat(name: str, *, lag: timedelta = timedelta(), done: int = 0, failed: int = 0, error: str = "") -> None:
    """Record that ``name`` ran just now; counts add up over its life. One upsert, safe from many processes."""
    moment = clock.now()
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, beat_at=moment)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["beat_at"],
    )
    changes: dict[str, object] = {"lag_seconds": max(lag.total_seconds(), 0.0)}
    if done or failed:
        changes |= {"done": F("done") + done, "failed": F("failed") + failed}
    if error:
        changes["last_error"] = error[:2_000]
    Heartbeat.objects.filter(name=name).update(**changes)


def age(name: str) -> timedelta | None:
    """How long ago ``name`` last ran; None when it never did."""
    moment = Heartbeat.objects.filter(name=name).values_list("beat_at", flat=True).first()
    return None if moment is None else clock.now() - moment
