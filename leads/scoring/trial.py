"""Trying a scorecard out on rows that come later than those it learned from."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from leads.scoring import measures
from leads.scoring.table import Rows, Table, TableError, Value, as_date, as_number, is_missing
from leads.scoring.training import CannotLearn, Learned, learn

Numbers = npt.NDArray[np.float64]

TRAIN_SHARE = 0.7
ROW_ORDER = "order"
BETTER, NOT_BETTER = "better than chance", "not better than chance"
# The low end of the AUC's range must clear one half by this much: a range that touches it is chance.
CLEAR_OF_CHANCE = 0.52


@dataclass(frozen=True, slots=True)
class Trial:
    """Scores for rows that the scorecard had not seen. ``learned`` is the last one, None where nothing could be learned."""

    outcomes: Numbers
    scores: Numbers
    n_train: int
    learned: Learned | None
    blocks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def measures(self) -> dict[str, float]:
        return measures.all_measures(self.outcomes, self.scores)

    @property
    def verdict(self) -> str:
        return verdict_of(self.outcomes, self.scores)


def verdict_of(outcomes: Numbers, scores: Numbers) -> str:
    low, _ = measures.auc_range(outcomes, scores)
    return BETTER if low > CLEAR_OF_CHANCE else NOT_BETTER


@dataclass(frozen=True, slots=True)
class Task:
    """A table without its target and time columns, in order, and what is known of it."""

    table: Table
    outcomes: Numbers
    times: Sequence[Value]
    is_ordered: bool
    still_open: tuple[str, ...] = ()
    written_with_outcome: tuple[str, ...] = ()


def prepare(table: Table, *, target: str, positive: str, time: str | None = None, exclude: Sequence[str] = ()) -> Task:
    """Set target, time and unwanted columns apart, leave out rows that have no outcome, and put the rest in order.

    ``time`` is a column (numbers, ISO dates, or day.month.year), or ``order``: the rows stand in order of time.
    Raises ``TableError`` for a column that is not there.
    """
    by_row = time == ROW_ORDER and ROW_ORDER not in table.columns
    wanted = [target, *exclude, *([time] if time and not by_row else [])]
    if unknown := [name for name in wanted if name not in table.columns]:
        raise TableError(f"There is no column {unknown[0]!r}; there are: {', '.join(table.columns)}.")
    answers = [None if is_missing(value) else _said(value) for value in table.columns[target]]
    if _said(positive) not in answers:
        raise TableError(f"No row has {positive!r} in {target!r}.")
    still_open, written = _set_at_the_end(table.without(wanted), answers, _said(positive))
    rows = [row for row, answer in enumerate(answers) if answer is not None and answer not in still_open]
    if time and not by_row:
        rows = _in_time(table.columns[time], rows)
    kept = table.take(rows)
    return Task(
        table=kept.without([target, *exclude, *written, *([time] if time and not by_row else [])]),
        outcomes=np.array([answers[row] == _said(positive) for row in rows], dtype=np.float64),
        times=kept.columns[time] if time and not by_row else [],
        is_ordered=bool(time),
        still_open=tuple(sorted(still_open)),
        written_with_outcome=tuple(written),
    )


def _said(value: Value) -> str:
    """A cell of the target as text: 1, 1.0 and "1" are one answer."""
    number = as_number(value)
    if number is not None:
        return f"{number:g}"
    return str(value).strip().casefold()


def _set_at_the_end(table: Table, answers: list[str | None], positive: str) -> tuple[set[str], list[str]]:
    """Answers that mean "not decided yet", and the columns that say so: always filled where the positive answer stands,
    never where an open one does. Such a column is written together with the outcome.
    """
    possible = {answer for answer in answers if answer is not None} - {positive}
    if len(possible) < 2:
        return set(), []
    groups = {answer: [row for row, given in enumerate(answers) if given == answer] for answer in {positive, *possible}}
    still_open: set[str] = set()
    written = []
    for name, column in table.columns.items():
        filled = {answer: np.mean([not is_missing(column[row]) for row in rows]) for answer, rows in groups.items()}
        empty = {answer for answer, share in filled.items() if share == 0}
        whole = {answer for answer, share in filled.items() if share == 1}
        # All answers either way, and at least one decided one beside the positive.
        if empty and positive in whole and len(whole) > 1 and empty | whole == set(groups):
            still_open |= empty
            written.append(name)
    return still_open, written


def _in_time(column: Sequence[Value], rows: list[int]) -> list[int]:
    """Rows from old to new; rows without a time first, equal times as they stand."""
    keys = {row: _moment(column[row]) for row in rows}
    if all(key is None for key in keys.values()):
        raise TableError("The time column holds neither numbers nor dates.")
    return sorted(rows, key=lambda row: (keys[row] is not None, keys[row] or 0.0, row))


def _moment(value: Value) -> float | None:
    number = as_number(value)
    if number is not None:
        return number
    moment = as_date(value)
    return (moment - datetime(1970, 1, 1)) / timedelta(seconds=1) if moment else None  # noqa: DTZ001


def split(task: Task, *, share: float = TRAIN_SHARE) -> tuple[Rows, Rows]:
    """Rows to learn from and rows to judge on: the first ``share`` in time, or a fixed choice by a hash of the content.

    By content, so that a row stands on the same side whatever the order; equal rows are told apart by their number.
    """
    size = len(task.outcomes)
    if task.is_ordered:
        end = round(size * share)
        return np.arange(end), np.arange(end, size)
    columns = list(task.table.columns.values())
    seen: Counter[str] = Counter()
    lots = np.empty(size)
    for row in range(size):
        text = "\x1f".join(str(column[row]) for column in columns)
        lots[row] = _lot(f"{text}\x1f{seen[text]}")
        seen[text] += 1
    return np.flatnonzero(lots < share), np.flatnonzero(lots >= share)


def _lot(text: str) -> float:
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def hold_out(task: Task, *, share: float = TRAIN_SHARE, seed: int = 0) -> Trial:
    """Learn once, judge on what was held out."""
    train, test = split(task, share=share)
    learned = _try_learning(task, train, seed=seed)
    return Trial(task.outcomes[test], _scores(learned, task, train, test), len(train), learned)


def walk_forward(task: Task, *, every: str, share: float = TRAIN_SHARE, seed: int = 0) -> Trial:
    """As the product runs: before each block of the later rows learn from everything before it, then judge on the block.

    ``every`` is ``month`` or ``week`` of the time column, a number of rows, or a column: a new value starts a block.
    """
    if not task.is_ordered:
        raise TableError("Retraining needs an order of time: give --time.")
    size = len(task.outcomes)
    start = round(size * share)
    scores = np.zeros(size)
    blocks: list[dict[str, Any]] = []
    learned: Learned | None = None
    for first, end in _blocks(task, every, start):
        train, test = np.arange(first), np.arange(first, end)
        learned = _try_learning(task, train, seed=seed)
        scores[test] = _scores(learned, task, train, test)
        said, seen = float(scores[test].mean()), float(task.outcomes[test].mean())
        blocks.append({"n_train": first, "n": end - first, "said": round(said, 4), "seen": round(seen, 4)})
    return Trial(task.outcomes[start:], scores[start:], start, learned, blocks)


def _blocks(task: Task, every: str, start: int) -> list[tuple[int, int]]:
    """(first row, row after the last) of each block from ``start`` on."""
    size = len(task.outcomes)
    labels: list[Any]
    if re.fullmatch(r"\d+", every):
        labels = [(row - start) // max(1, int(every)) for row in range(start, size)]
    elif every in task.table.columns:
        labels = [task.table.columns[every][row] for row in range(start, size)]
    elif every in {"month", "week"} and len(task.times):
        labels = [_period(task.times[row], every) for row in range(start, size)]
    else:
        raise TableError(
            f"Retraining every {every!r}: neither a number of rows, a column, nor a month or week of dates."
        )
    ends = np.cumsum([len(list(rows)) for _, rows in groupby(labels)]) + start
    return list(zip([start, *ends[:-1].tolist()], ends.tolist(), strict=True))


def _period(value: Value, every: str) -> tuple[int, int]:
    moment = as_date(value)
    if moment is None:
        raise TableError("Retraining by month or week needs dates in the time column.")
    week = moment.isocalendar()
    return (moment.year, moment.month) if every == "month" else (week.year, week.week)


def _try_learning(task: Task, train: Rows, *, seed: int) -> Learned | None:
    try:
        return learn(task.table.take(train), task.outcomes[train], ordered=task.is_ordered, seed=seed)
    except CannotLearn:
        return None


def _scores(learned: Learned | None, task: Task, train: Rows, test: Rows) -> Numbers:
    """Where nothing could be learned everybody gets the share of won so far."""
    if learned is None:
        return np.full(len(test), task.outcomes[train].mean() if len(train) else 0.5)
    return learned.card.probabilities(task.table.take(test))
