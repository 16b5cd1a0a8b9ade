"""Is Tandem able to work? One answer per part, no secrets, for probes and for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection

from crm.core import clock, sweeps
from crm.core.models import Heartbeat

# A worker beats each 10 seconds through its own beat-sent task; after this it counts as silent.
WORKER_SILENT_AFTER = timedelta(seconds=45)
SWEEPER_SILENT_AFTER = timedelta(seconds=30)
WORKER = "process.worker"
SWEEPER = "process.sweeper"


@dataclass(frozen=True, slots=True)
class Part:
    """One part's state; ``detail`` is plain numbers and words."""

    ok: bool
    detail: dict[str, Any] = field(default_factory=dict)


def readiness() -> dict[str, Part]:
    """Every part of the running system. Never raises; asking costs a few milliseconds and at most two seconds."""
    database = _database()
    if not database.ok:
        unknown = Part(ok=False, detail={"reason": "the database is away"})
        return {"database": database, "broker": _broker(), "worker": unknown, "sweeps": unknown}
    beats = {beat.name: beat for beat in Heartbeat.objects.all()}
    return {
        "database": database,
        "broker": _broker(),
        "worker": _process(beats.get(WORKER), WORKER_SILENT_AFTER),
        "sweeper": _process(beats.get(SWEEPER), SWEEPER_SILENT_AFTER),
        "sweeps": _sweeps(beats),
    }


def _database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return Part(ok=False, detail={"reason": "no answer"})
    return Part(ok=True)


def _broker() -> Part:
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
        client.ping()
        client.close()
    except (redis.RedisError, OSError):
        return Part(ok=False, detail={"reason": "no answer"})
    return Part(ok=True)


def _process(beat: Heartbeat | None, silent_after: timedelta) -> Part:
    if beat is None:
        return Part(ok=False, detail={"reason": "never seen"})
    silence = clock.now() - beat.beat_at
    return Part(ok=silence <= silent_after, detail={"seconds_since_heartbeat": round(silence.total_seconds(), 1)})


def _sweeps(beats: dict[str, Heartbeat]) -> Part:
    """Lateness per kind of work, in seconds, and how long ago each sweep last looked."""
    late: dict[str, Any] = {}
    ok = True
    for sweep in sweeps.all_sweeps():
        beat = beats.get(sweep.name)
        silence = (clock.now() - beat.beat_at) if beat else None
        lag = timedelta(seconds=beat.lag_seconds) if beat else timedelta()
        looked = silence is not None and silence <= sweep.every * 3 + timedelta(seconds=30)
        ok = ok and looked and lag <= sweep.late_after
        late[sweep.name] = {
            "late_seconds": round(lag.total_seconds(), 1),
            "seconds_since_run": round(silence.total_seconds(), 1) if silence is not None else None,
        }
    return Part(ok=ok, detail=late)
