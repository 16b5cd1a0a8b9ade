"""Periodic work decided by state: find due rows in Postgres, claim a small batch, do it, say how late it was.

The same sweeps run from Celery beat and from the plain process ``manage.py sweep --loop``; any number of both is
harmless, because a row is claimed with SKIP LOCKED and the work itself is guarded by its own state.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import Model, QuerySet
from typing_extensions import override

from crm.core import clock, context, heartbeats

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of a sweep did."""

    done: int = 0
    failed: int = 0
    lag: timedelta = timedelta()


class Sweep(ABC):
    """One kind of due work.

    Subclasses give ``due`` (which rows, oldest first) and ``run_one`` (one row, in a transaction that holds its lock).
    """

    name: ClassVar[str]
    every: ClassVar[timedelta] = timedelta(seconds=10)
    batch: ClassVar[int] = 50
    most_batches: ClassVar[int] = 20
    # Later than this and /readyz turns red.
    late_after: ClassVar[timedelta] = timedelta(seconds=60)
    model: ClassVar[type[Model]]
    # The column that says since when a row is due; the age of the oldest one is the lag.
    due_column: ClassVar[str] = "due_at"

    @abstractmethod
    def due(self, now: datetime) -> QuerySet[Any]:
        """Rows waiting at ``now``. Ordered by ``due_column`` unless the subclass says otherwise."""

    @abstractmethod
    def run_one(self, row: Any) -> None:
        """Do the work for ``row``, which is locked until this returns. Raising leaves the row due."""

    def put_off(self, row: Any, error: Exception) -> None:  # noqa: B027 (optional by design)
        """Called in a fresh transaction after ``run_one`` raised, to let a bad row stand aside for a while."""

    def run_by_key(self, key: UUID | str) -> bool:
        """Do one row by id if it is due and free: the doorbell's way to the same work. False when there was nothing to do."""
        return bool(self._run_locked(key))

    # -- the engine --

    def run(self) -> Outcome:
        """Work through what is due, batch by batch. A bad row does not stop the rest; the database going away does."""
        done, failed = 0, dict[UUID, str]()
        with context.acting(through=f"job {self.name}"):
            lag = self.lag()
            for _ in range(self.most_batches):
                handled = done + len(failed)
                done += sum(self._try(key, failed) for key in self._candidates(failed))
                if done + len(failed) == handled:  # nothing due, or all of it in other hands
                    break
            heartbeats.beat(
                self.name, lag=lag, done=done, failed=len(failed), error=next(reversed(failed.values()), "")
            )
        return Outcome(done, len(failed), lag)

    def lag(self) -> timedelta:
        """The age of the oldest due row."""
        now = clock.now()
        oldest = self.due(now).order_by(self.due_column).values_list(self.due_column, flat=True).first()
        return now - oldest if oldest else timedelta()

    def _candidates(self, failed: Collection[UUID]) -> Sequence[UUID]:
        rows = self.due(clock.now()).exclude(pk__in=failed) if failed else self.due(clock.now())
        return list(rows.order_by(self.due_column, "pk").values_list("pk", flat=True)[: self.batch])

    def _try(self, key: UUID, failed: dict[UUID, str]) -> int:
        """Do one row: 1 when done, 0 when it was not free or failed (then noted in ``failed``)."""
        try:
            return self._run_locked(key)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the next run finds the rest
        except Exception as error:  # a bad row cannot stop the rest
            failed[key] = f"{type(error).__name__}: {error}"
            log.exception("sweep_item_failed", sweep=self.name, item=str(key))
            self._put_off(key, error)
            return 0

    def _run_locked(self, key: UUID | str) -> int:
        """Claim by row lock and look again: another sweep may have done it between the list and the lock."""
        with transaction.atomic():
            row = self._lock(key)
            if row is None:
                return 0
            self.run_one(row)
            return 1

    def _lock(self, key: UUID | str) -> Any:
        return self.due(clock.now()).filter(pk=key).select_for_update(skip_locked=True, of=("self",)).first()

    def _put_off(self, key: UUID, error: Exception) -> None:
        try:
            with transaction.atomic():
                row = type(self).model._base_manager.filter(pk=key).select_for_update(skip_locked=True).first()
                if row is not None:
                    self.put_off(row, error)
        except DatabaseError:
            log.exception("sweep_put_off_failed", sweep=self.name, item=str(key))


class LeasedSweep(Sweep):
    """For effects outside the database (mail, webhook): claim, act, mark, never a row lock over the network.

    Rows carry ``claimed_until`` and ``attempt``. A sender that wakes up after its lease finds another attempt number at
    the mark and must leave the row alone; the act carries a stable id so that the far side can recognise a repeat.
    """

    lease: ClassVar[timedelta] = timedelta(minutes=2)

    @abstractmethod
    def act(self, row: Any) -> None:
        """The effect, outside any transaction. Raising means "not done"."""

    @abstractmethod
    def mark(self, row: Any) -> bool:
        """Write that the claimed attempt was done; False when the claim had passed to somebody else."""

    @override
    def run_one(self, row: Any) -> None:
        row.claimed_until = clock.now() + self.lease
        row.attempt += 1
        type(row)._base_manager.filter(pk=row.pk).update(claimed_until=row.claimed_until, attempt=row.attempt)

    @override
    def _run_locked(self, key: UUID | str) -> int:
        with transaction.atomic():
            row = self._lock(key)
            if row is None:
                return 0
            self.run_one(row)
        self.act(row)
        return int(self.mark(row))


_sweeps: dict[str, Sweep] = {}


def register(sweep: type[Sweep]) -> type[Sweep]:
    """Class decorator: make the sweep known to beat, to the plain process, to /readyz."""
    if sweep.name in _sweeps:
        raise ValueError(f"The sweep {sweep.name} is registered twice.")
    _sweeps[sweep.name] = sweep()
    return sweep


def all_sweeps() -> tuple[Sweep, ...]:
    return tuple(_sweeps[name] for name in sorted(_sweeps))


def get_sweep(name: str) -> Sweep:
    return _sweeps[name]
