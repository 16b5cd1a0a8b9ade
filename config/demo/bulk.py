"""The medium and the large demo: years of made-up selling, told by ``config.demo.history`` and written by COPY.

What the services would have left is there: search words, the vocabulary, duplicate keys, credits, stage changes, and every
constraint is checked by Postgres. Two things are not: journal rows of the creations (a million of them would say nothing),
and scores, which are due.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import django
from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql

from accounts.models import User
from config.demo import cast, market
from config.demo.history import COLUMNS, Offer, Setting, Told, tell
from crm.core import clock
from leads.models import Campaign, Pipeline, Product, Reason
from leads.services.finding import learn_words

logger = logging.getLogger(__name__)

LEADS = {"small": 0, "medium": 20_000, "large": 1_000_000}
# Leads told at once: some megabytes of text per process, whatever the size of the whole.
BATCH = 5_000
# Memory for building one index, while it is built.
INDEX_MEMORY = "256MB"


def fill(*, leads: int, seed: int, processes: int | None = None) -> None:
    """Write ``leads`` leads of the last years with their companies, contacts and deals, inside the caller's transaction.

    People, products, pipelines and reasons are there already. The same ``seed`` on the same day gives the same rows,
    however many ``processes`` tell them (default: one per core). Statistics are brought up to date after commit.
    """
    if not leads:
        return
    started = time.perf_counter()
    setting = _setting(seed)
    tables = [apps.get_model(label) for label in COLUMNS]
    spoken: set[str] = set()
    with _without_indexes(tables), connection.cursor() as cursor:
        writer = _Writer(cursor)
        for told in _told(setting, leads, processes or os.cpu_count() or 1):
            writer.write(told)
            spoken |= told.spoken
        logger.info("%s leads written after %.1f s", leads, time.perf_counter() - started)
    learn_words(spoken)
    logger.info("indexed after %.1f s", time.perf_counter() - started)
    transaction.on_commit(lambda: _tidy(tables))


# --- The setting ------------------------------------------------------------------------------------------------------


def _setting(seed: int) -> Setting:
    """What there is, as plain values. The history ends at midnight, so that it is the same all day."""
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    motions = {part.name: part.motion for part in market.PRODUCTS}
    kinds = {kind: [reason.pk.hex for reason in Reason.objects.filter(kind=kind)] for kind in Reason.Kind.values}
    return Setting(
        seed=seed,
        until=int(midnight.timestamp()),
        sellers=_sellers(),
        offers=[
            _offer(product, motions.get(product.name, "inside")) for product in Product.objects.exclude(price=None)
        ],
        campaigns=[
            (campaign.pk.hex, _seconds(campaign.starts_on), _seconds(campaign.ends_on))
            for campaign in Campaign.objects.all()
            if campaign.starts_on and campaign.ends_on
        ],
        reasons=kinds,
        stages={
            pipeline.motion: [stage.pk.hex for stage in pipeline.stages.all()] for pipeline in Pipeline.objects.all()
        },
    )


def _sellers() -> dict[tuple[str, str], list[str]]:
    """Who sells in the country of their team by a motion; the people to sign in as first, they own most."""
    found: dict[tuple[str, str], list[str]] = {}
    known = {role.email for role in cast.CAST}
    people = User.objects.active().select_related("team__calendar")
    for user in sorted(people, key=lambda user: (user.email not in known, user.email)):
        if user.motion is None or user.team is None or user.team.calendar is None:
            continue
        for motion in ("inside", "outside") if user.motion == "hybrid" else (user.motion.value,):
            found.setdefault((user.team.calendar.country, motion), []).append(user.pk.hex)
    return found


def _offer(product: Product, motion: str) -> Offer:
    return Offer(
        id=product.pk.hex,
        name=product.name,
        price=product.price or 0,  # type: ignore[arg-type]
        currency=product.currency,
        margin=str(product.margin_rate or 0),
        days=product.cycle_days or 30,
        motion=motion,
        needs_demo=product.demo_need == Product.DemoNeed.PHYSICAL,
    )


def _seconds(day: date | None) -> int:
    return int(datetime.combine(day, datetime.min.time(), tzinfo=clock.now().tzinfo).timestamp()) if day else 0


# --- Telling in processes ---------------------------------------------------------------------------------------------


def _told(setting: Setting, leads: int, processes: int) -> Iterator[Told]:
    """The batches in order, a few ahead of the one being written, so that memory stays flat."""
    sizes = [BATCH] * (leads // BATCH) + ([leads % BATCH] if leads % BATCH else [])
    if processes == 1 or len(sizes) == 1:
        yield from (tell(setting, number, size) for number, size in enumerate(sizes))
        return
    # Spawned, not forked: a child must not hold our database connection.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(sizes)), mp_context=context, initializer=django.setup) as pool:
        ahead: deque[Future[Told]] = deque()
        for number, size in enumerate(sizes):
            ahead.append(pool.submit(tell, setting, number, size))
            if len(ahead) > processes + 1:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


# --- Writing ----------------------------------------------------------------------------------------------------------


class _Writer:
    """Writes batches; columns that a history does not tell get their model's default."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.tables = [(label, *_copy_of(label)) for label in COLUMNS]

    def write(self, told: Told) -> None:
        for label, statement, rest in self.tables:
            lines = told.lines.get(label)
            if lines is None:
                continue
            with self.cursor.copy(statement) as copy:
                copy.write(lines.replace("\n", f"{rest}\n") if rest else lines)


def _copy_of(label: str) -> tuple[sql.Composed, str]:
    """The COPY statement of a table, and the text that ends each of its lines: defaults of what is not told."""
    model = apps.get_model(label)
    fields = {field.column: field for field in model._meta.concrete_fields}
    told = COLUMNS[label]
    rest = [
        column
        for column, field in fields.items()
        if column not in told and not field.null and not isinstance(field, models.AutoField)
    ]
    names = sql.SQL(", ").join(map(sql.Identifier, [*told, *rest]))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(model._meta.db_table), names)
    return statement, "".join(f"\t{_default(fields[column])}" for column in rest)


def _default(field: models.Field[Any, Any]) -> str:
    """As COPY reads it."""
    value = field.get_default()
    return "{}" if value in ({}, []) else str(value)


@contextmanager
def _without_indexes(tables: Sequence[type[models.Model]]) -> Iterator[None]:
    """Take away foreign keys, unique rules and indexes (not primary keys) and put them back after.

    Postgres checks every row when it puts them back, in one pass instead of row by row; checks of single rows stay on.
    """
    names = [model._meta.db_table for model in tables]
    with connection.cursor() as cursor:
        # The limits for requests are too short for an index over a million rows.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what the transaction wrote before is settled first
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(
            "SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),"
            " format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))"
            " FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('u', 'f') ORDER BY contype DESC, conname",
            [names],
        )
        constraints = cursor.fetchall()
        cursor.execute(
            "SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary"
            " AND indexrelid NOT IN (SELECT conindid FROM pg_constraint WHERE contype = 'u')",
            [names],
        )
        indexes = cursor.fetchall()
        _run(cursor, [drop for drop, _ in [*reversed(constraints), *indexes]])
        yield
        cursor.execute("SELECT set_config('maintenance_work_mem', %s, true)", [INDEX_MEMORY])
        _run(cursor, [make for _, make in [*indexes, *constraints]])


def _run(cursor: Any, statements: Iterable[str]) -> None:
    for statement in statements:
        cursor.execute(statement)


def _tidy(tables: Sequence[type[models.Model]]) -> None:
    """What autovacuum would do in its own time: statistics for the planner, and which pages everybody sees."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', '0', false)")
        for model in tables:
            cursor.execute(f"VACUUM (ANALYZE) {connection.ops.quote_name(model._meta.db_table)}")
        cursor.execute("RESET statement_timeout")
