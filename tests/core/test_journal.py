"""The journal: with its change or not at all, append-only by the database, read without gaps."""

from __future__ import annotations

import random
import threading
import time
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from crm.core import clock, context, ids, journal
from crm.core.errors import Invalid
from crm.core.models import JournalEntry
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def entry(event: str = "thing.happened", object_id: UUID | None = None) -> JournalEntry:
    return JournalEntry.objects.create(event=event, object_type="core.thing", object_id=object_id or ids.uuid7())


def settled(reader: journal.Reader, cursor: journal.Cursor, count: int) -> tuple[list[JournalEntry], journal.Cursor]:
    """What the reader gives once ``count`` rows are settled.

    The reader waits for every transaction of the whole server, and other test processes hold theirs in other databases.
    """
    deadline = time.monotonic() + 60
    while True:
        rows, place = reader.after(cursor, limit=count)
        if len(rows) == count or time.monotonic() > deadline:
            return rows, place
        time.sleep(0.02)


def test_a_row_says_who_did_what_to_what_and_from_where():
    actor, subject = UserFactory(), UserFactory()
    with context.acting(through="key tdm_abc", request="request-1"), transaction.atomic():
        journal.record(actor=actor, event="user.changed", instance=subject, changes={"name": ("Old", "New")})
    row = JournalEntry.objects.get(event="user.changed")
    assert (row.actor_id, row.actor_label, row.request_id) == (actor.pk, "key tdm_abc", "request-1")
    assert (row.object_type, row.object_id, row.object_version) == ("accounts.user", subject.pk, subject.version)
    assert row.changes == {"name": ["Old", "New"]}


def test_secrets_are_named_but_never_written():
    subject = UserFactory()
    with transaction.atomic():
        journal.record(actor=None, event="user.changed", instance=subject, changes={"password": ("hash1", "hash2")})
    assert JournalEntry.objects.get(event="user.changed").changes == {"password": [journal.HIDDEN, journal.HIDDEN]}


@pytest.mark.django_db(transaction=True)
def test_a_row_outside_a_transaction_is_refused():
    subject = UserFactory()
    with pytest.raises(journal.NoTransaction):
        journal.record(actor=None, event="user.changed", instance=subject)


def test_it_falls_with_its_change():
    subject = UserFactory()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        journal.record(actor=None, event="user.changed", instance=subject)
        _ = 1 / 0
    assert not JournalEntry.objects.filter(event="user.changed").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_journalentry SET event = 'forged'",
        "DELETE FROM core_journalentry",
        "TRUNCATE core_journalentry",
    ],
)
def test_the_database_refuses_to_change_or_delete_a_row(statement: str):
    entry()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert JournalEntry.objects.filter(event="thing.happened").count() == 1


def test_even_the_retention_job_cannot_rewrite():
    entry()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL tandem.journal_retention = 'on'")
        cursor.execute("UPDATE core_journalentry SET event = 'forged'")


def test_retention_deletes_the_old_and_only_the_old():
    kept = entry()
    old = JournalEntry.objects.create(
        event="old", object_type="core.thing", object_id=ids.uuid7(), at=clock.now() - timedelta(days=400)
    )
    assert journal.prune(older_than=clock.now() - timedelta(days=365)) == 1
    assert set(JournalEntry.objects.values_list("pk", flat=True)) >= {kept.pk}
    assert not JournalEntry.objects.filter(pk=old.pk).exists()


def test_a_cursor_reads_back_as_it_was_written():
    cursor = journal.Cursor(2, 981_234_567_890, 17)
    assert journal.Cursor.decode(cursor.encode()) == cursor


@pytest.mark.parametrize(
    "text", ["", "zzz", "MS4y", "LTEuMS4x", "🂡", "MS4yLjMuNA", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5LjEuMQ"]
)
def test_a_foreign_cursor_is_refused(text: str):
    with pytest.raises(Invalid):
        journal.Cursor.decode(text)


@pytest.mark.django_db(transaction=True)
def test_filters_by_type_and_event_do_not_lose_their_place():
    entry("a.b"), entry("c.d"), entry("a.b")
    reader = journal.Reader(events=["a.b"])
    first, cursor = settled(reader, journal.Cursor(), 1)
    second, cursor = settled(reader, cursor, 1)
    assert [row.event for row in first + second] == ["a.b", "a.b"]
    assert reader.after(cursor) == ([], cursor)


# --- Gaps --------------------------------------------------------------------------------------------------------------

WRITERS, PER_WRITER = 8, 60


def write_slowly(seed: int, written: list[UUID]) -> None:
    """Transactions that take their row number early and commit late, in an order nobody controls; some roll back."""
    chance = random.Random(seed)
    try:
        for number in range(PER_WRITER):
            identifier = ids.uuid7()
            try:
                with transaction.atomic():
                    entry(object_id=identifier)
                    time.sleep(chance.random() * 0.01)
                    if number % 7 == 0:
                        raise InterruptedError
                written.append(identifier)
            except InterruptedError:
                pass
    finally:
        connection.close()


def read_while_writing(read_batch) -> tuple[list[UUID], list[UUID]]:
    """Run the writers and a polling reader together; what was committed, and what the reader saw, in order."""
    written: list[UUID] = []
    threads = [threading.Thread(target=write_slowly, args=(seed, written)) for seed in range(WRITERS)]
    for thread in threads:
        thread.start()
    seen: list[UUID] = []
    while any(thread.is_alive() for thread in threads):
        seen += read_batch()
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + 10
    while len(seen) < len(written) and time.monotonic() < deadline:
        fresh = read_batch()
        seen += fresh
        if not fresh:
            time.sleep(0.02)
    return written, seen


@pytest.mark.django_db(transaction=True)
def test_the_reader_misses_and_repeats_nothing_under_eight_writers():
    reader, cursor = journal.Reader(), journal.Cursor()

    def batch() -> list[UUID]:
        nonlocal cursor
        entries, cursor = reader.after(cursor, limit=17)
        return [row.object_id for row in entries]

    written, seen = read_while_writing(batch)
    assert len(written) > WRITERS * PER_WRITER * 0.8
    assert sorted(seen) == sorted(written)
    assert len(set(seen)) == len(seen)


@pytest.mark.django_db(transaction=True)
def test_control_reading_by_last_seen_number_does_miss_rows():
    """The same experiment catches the usual mistake; otherwise it would prove nothing about the reader."""
    last = 0

    def batch() -> list[UUID]:
        nonlocal last
        rows = list(JournalEntry.objects.filter(position__gt=last).order_by("position")[:17])
        last = rows[-1].position if rows else last
        return [row.object_id for row in rows]

    for _ in range(3):  # one run in many might be lucky
        written, seen = read_while_writing(batch)
        if len(set(seen) & set(written)) < len(written):
            return
    pytest.fail("The naive reader missed nothing in three runs: this experiment does not bite.")


@pytest.mark.django_db(transaction=True)
def test_an_open_transaction_delays_but_loses_nothing():
    started, finish = threading.Event(), threading.Event()
    late_id = ids.uuid7()

    def hold() -> None:
        with transaction.atomic():
            entry(object_id=late_id)
            started.set()
            finish.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    started.wait(10)
    early = entry()
    reader = journal.Reader()
    assert reader.after(journal.Cursor())[0] == []
    finish.set()
    holder.join()
    assert [row.object_id for row in settled(reader, journal.Cursor(), 2)[0]] == [late_id, early.object_id]
