"""The Celery app: the doorbell's other end, and the schedule of the sweeps."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, Task
from celery.schedules import schedule
from celery.signals import task_postrun, task_prerun
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

app = Celery("tandem")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_connection_retry_on_startup=True,
    # Ids only, and nothing that could execute.
    task_serializer="json",
    accept_content=["json"],
    # Nobody reads results; rows tell.
    task_ignore_result=True,
    worker_send_task_events=False,
    # Every job is safe to run twice (it re-reads its row), so a killed worker's task may be given out again.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # Longest job < hard limit < visibility, or Redis hands out a task that is still running.
    task_soft_time_limit=270,
    task_time_limit=300,
    # A request that rings the bell must not hang on an absent broker (crm.core.work fails soft): one try, no pauses.
    broker_transport_options={
        "visibility_timeout": 600,
        "socket_timeout": 5,
        "socket_connect_timeout": 1,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
    },
    task_publish_retry=False,
    # SIGTERM: finish what runs, for at most this long.
    worker_soft_shutdown_timeout=10,
    worker_enable_soft_shutdown_on_idle=False,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    # A child that grew is replaced between tasks.
    worker_max_memory_per_child=200_000,
    worker_hijack_root_logger=False,
    timezone="UTC",
)


@app.task(name="tandem.run_job", bind=True)
def run_job(self: Task[Any, Any], name: str, ids: list[str]) -> None:
    """Run one registered job for ids; see ``crm.core.work``."""
    from crm.core import work  # noqa: PLC0415 (apps are ready only when a task runs)

    work.run(name, *ids)


@app.task(name="tandem.run_sweep")
def run_sweep(name: str) -> None:
    from crm.core import sweeps  # noqa: PLC0415

    sweeps.get_sweep(name).run()


@app.task(name="tandem.worker_heartbeat")
def worker_heartbeat() -> None:
    """Sent by beat, run by a worker: proves broker, beat and worker at once."""
    from crm.core import health, heartbeats  # noqa: PLC0415

    heartbeats.beat(health.WORKER)


def send(name: str, ids: list[str]) -> None:
    run_job.apply_async(args=[name, ids])


def schedule_sweeps() -> None:
    """One entry per sweep. ``expires``: a wake-up that waited longer than its interval is worth nothing any more.

    Called by ``config.apps`` once every app has registered its sweeps.
    """
    from crm.core import sweeps  # noqa: PLC0415

    app.conf.beat_schedule = {
        "worker heartbeat": {"task": worker_heartbeat.name, "schedule": schedule(10), "options": {"expires": 10}},
    } | {
        sweep.name: {
            "task": run_sweep.name,
            "args": [sweep.name],
            "schedule": schedule(sweep.every),
            "options": {"expires": sweep.every.total_seconds()},
        }
        for sweep in sweeps.all_sweeps()
    }


@task_prerun.connect
@task_postrun.connect
def drop_stale_connections(**kwargs: Any) -> None:
    """A connection that Postgres closed meanwhile must not cost the next task."""
    from django.db import close_old_connections  # noqa: PLC0415

    close_old_connections()
