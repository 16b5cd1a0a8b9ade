"""Rules that people write: so many points where a fact is so. Applied to many leads at once, and explained one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leads.scoring.encoding import fold
from leads.scoring.table import Table, Value, as_number, is_missing

Numbers = npt.NDArray[np.float64]

LOWEST, HIGHEST = 0.0, 100.0


@dataclass(frozen=True, slots=True)
class Rule:
    """``test`` is one of ``ScoreRule.Test``; ``values`` texts; ``cap`` holds for all rules of a ``group`` together."""

    key: Any
    fact: str
    test: str
    values: tuple[str, ...]
    points: float
    half_life_days: float | None = None
    group: str = ""
    cap: float | None = None

    def holds(self, value: Value) -> bool:
        if self.test in ("known", "missing"):
            return is_missing(value) == (self.test == "missing")
        return not is_missing(value) and _TESTS[self.test](value, self.values)


def _one_of(value: Value, values: Sequence[str]) -> bool:
    said, number = fold(value), as_number(value)
    return any(said == fold(text) or (number is not None and as_number(text) == number) for text in values)


def _compares(value: Value, values: Sequence[str], compare: Callable[[float, float], bool]) -> bool:
    number, bound = as_number(value), as_number(values[0]) if values else None
    return number is not None and bound is not None and compare(number, bound)


_TESTS: Mapping[str, Callable[[Value, Sequence[str]], bool]] = {
    "is": _one_of,
    "one_of": _one_of,
    "is_not": lambda value, values: not _one_of(value, values),
    "contains": lambda value, values: any(fold(text) in fold(value) for text in values),
    "at_least": lambda value, values: _compares(value, values, lambda number, bound: number >= bound),
    "at_most": lambda value, values: _compares(value, values, lambda number, bound: number <= bound),
}


def points_of(rules: Sequence[Rule], table: Table, ages: Mapping[str, Numbers]) -> Numbers:
    """(rows, rules) points after fading and caps. ``ages[fact]`` are days since the fact, 0 where nobody knows when.

    A group over its cap is scaled down as a whole, so that what is shown still adds up to what counts.
    """
    points = np.zeros((len(table), len(rules)))
    for place, rule in enumerate(rules):
        points[:, place] = rule.points * _where(rule, table)
        if rule.half_life_days and rule.fact in ages:
            points[:, place] *= 0.5 ** (ages[rule.fact] / rule.half_life_days)
    _cap(rules, points)
    return points


def _where(rule: Rule, table: Table) -> Numbers:
    """1 where the rule holds; each distinct value is asked once."""
    if rule.fact not in table.columns:
        return np.full(len(table), float(rule.holds(None)))
    codes, values = table.coded(rule.fact)
    return np.array([float(rule.holds(value)) for value in values])[codes]


def _cap(rules: Sequence[Rule], points: Numbers) -> None:
    for group in {rule.group for rule in rules if rule.group}:
        places = [place for place, rule in enumerate(rules) if rule.group == group]
        caps = [rule.cap for place, rule in enumerate(rules) if place in places and rule.cap]
        if caps:
            total = np.abs(points[:, places].sum(axis=1))
            scale = np.minimum(1.0, min(caps) / np.maximum(total, 1e-9))
            points[:, places] *= scale[:, None]


def axis_score(points: Numbers) -> Numbers:
    """The sum of each row's points, between 0 and 100."""
    return np.asarray(np.clip(points.sum(axis=1), LOWEST, HIGHEST), dtype=np.float64)
