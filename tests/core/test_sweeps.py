"""Sweeps find what is due, each row once however many run, and a bad row does not stop the rest."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from crm.core import clock, heartbeats, sweeps
from crm.core.models import Heartbeat, OutgoingMail

pytestmark = pytest.mark.django_db


def waiting_mail(number: int, *, age: timedelta = timedelta()) -> OutgoingMail:
    return OutgoingMail.objects.create(
        message_id=f"<{number}@test>",
        sender="a@example.com",
        recipients=["b@example.com"],
        subject="s",
        due_at=clock.now() - age,
    )


class Counting(sweeps.Sweep):
    """Marks mails as sent, slowly enough that two sweeps meet; ``broken`` ones raise."""

    name = "test.counting"
    model = OutgoingMail
    batch = 10
    broken: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.ran: Counter[str] = Counter()
        self.put_aside: list[str] = []
        self.lock = threading.Lock()

    def due(self, now: Any) -> Any:
        return OutgoingMail.objects.filter(state="waiting", due_at__lte=now)

    def run_one(self, row: OutgoingMail) -> None:
        if row.message_id in self.broken:
            raise ValueError("broken row")
        with self.lock:
            self.ran[row.message_id] += 1
        time.sleep(0.002)
        OutgoingMail.objects.filter(pk=row.pk).update(state="sent", sent_at=clock.now())

    def put_off(self, row: OutgoingMail, error: Exception) -> None:
        self.put_aside.append(row.message_id)
        OutgoingMail.objects.filter(pk=row.pk).update(due_at=clock.now() + timedelta(hours=1))


def test_it_does_what_is_due_and_leaves_the_rest():
    waiting_mail(1), waiting_mail(2), waiting_mail(3, age=-timedelta(hours=1))
    outcome = Counting().run()
    assert outcome.done == 2
    assert OutgoingMail.objects.filter(state="waiting").count() == 1


def test_it_works_through_more_than_a_batch():
    for number in range(35):
        waiting_mail(number)
    assert Counting().run().done == 35


def test_a_bad_row_stands_aside_and_is_counted():
    for number in range(25):
        waiting_mail(number)
    sweep = Counting()
    sweep.broken = frozenset({"<3@test>"})
    outcome = sweep.run()
    assert (outcome.done, outcome.failed, sweep.put_aside) == (24, 1, ["<3@test>"])
    beat = Heartbeat.objects.get(name="test.counting")
    assert (beat.done, beat.failed) == (24, 1)
    assert "broken row" in beat.last_error


def test_lag_is_the_age_of_the_oldest_due_row():
    waiting_mail(1, age=timedelta(minutes=7)), waiting_mail(2, age=timedelta(minutes=3))
    assert timedelta(minutes=7) <= Counting().run().lag < timedelta(minutes=8)


@pytest.mark.django_db(transaction=True)
def test_many_sweeps_at_once_do_each_row_once():
    for number in range(120):
        waiting_mail(number)
    sweep = Counting()

    def run(_: int) -> int:
        try:
            return sum(sweep.run().done for _ in range(3))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(run, range(6))) == 120
    assert set(sweep.ran.values()) == {1}


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_rows_are_done_twice():
    """The experiment above notices a sweep that reads and acts without claiming."""
    for number in range(120):
        waiting_mail(number)

    class Unlocked(Counting):
        def _lock(self, key: Any) -> Any:
            return self.due(clock.now()).filter(pk=key).first()

    sweep = Unlocked()

    def run(_: int) -> int:
        try:
            return sweep.run().done
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(run, range(6)))
    assert max(sweep.ran.values()) > 1


def test_a_heartbeat_is_one_row_however_often():
    heartbeats.beat("test.process", done=2)
    heartbeats.beat("test.process", done=3)
    assert Heartbeat.objects.get(name="test.process").done == 5
    age = heartbeats.age("test.process")
    assert age is not None
    assert age < timedelta(seconds=5)
    assert heartbeats.age("test.never") is None


def test_the_command_runs_named_sweeps_and_refuses_unknown_ones(capsys):
    call_command("sweep", "core.send_mail")
    assert "core.send_mail: 0 done" in capsys.readouterr().out
    with pytest.raises(CommandError, match="No such sweep: core.fly"):
        call_command("sweep", "core.fly")


def test_every_registered_sweep_runs_on_an_empty_database():
    for sweep in sweeps.all_sweeps():
        assert sweep.run().failed == 0, sweep.name


def test_beat_knows_every_sweep_and_wake_ups_expire():
    from config.celery import app

    scheduled = {entry["args"][0] for entry in app.conf.beat_schedule.values() if entry.get("args")}
    assert scheduled == {sweep.name for sweep in sweeps.all_sweeps()}
    assert all(entry["options"]["expires"] for entry in app.conf.beat_schedule.values())


def test_a_whole_batch_of_bad_rows_does_not_hide_the_good_ones_behind():
    for number in range(15):
        waiting_mail(number, age=timedelta(minutes=30 - number))

    class Stubborn(Counting):
        """Bad rows that are never put off stay due, at the head of the line."""

        def put_off(self, row: OutgoingMail, error: Exception) -> None:
            pass

    sweep = Stubborn()
    sweep.broken = frozenset(f"<{number}@test>" for number in range(10))
    outcome = sweep.run()
    assert (outcome.done, outcome.failed) == (5, 10)
