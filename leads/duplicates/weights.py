"""What each level of each comparison is worth as evidence that two records are one: Fellegi-Sunter log-odds.

A level's weight is ``ln(share among true pairs / share among others)``. The shares start from ``comparing.COMPARISONS``
and, for a whole file, are fitted to it without labels by expectation and maximisation (Winkler 1988), held to their start
by ``PRIOR_PAIRS`` imagined pairs, so that a small or odd file bends them only as far as it has evidence. Agreement on
a rare value counts more than on a common one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from leads.duplicates.comparing import COMPARISONS, Level, Rarity
from leads.duplicates.records import Record

PRIOR_PAIRS = 500.0
ROUNDS = 40
# Of the pairs that blocking brings forward, one in ten is true until the file says otherwise.
SHARE_TRUE = 0.1
# How far rarity may raise or lower the worth of an exact agreement, in natural log-odds, and how much of it is believed.
MOST_FOR_RARITY = 2.5
BELIEF_IN_RARITY = 0.7
RARE_FIELDS = {"given_name": "given", "family_name": "family", "city": "city_text"}

Levels = Sequence[Level | None]


@dataclass(frozen=True)
class Weights:
    """Per comparison (in the order of ``COMPARISONS``) the log-odds of each level, and the log-odds before any evidence."""

    prior: float
    of_level: tuple[tuple[float, ...], ...]

    def contributions(self, one: Record, other: Record, levels: Levels, rarity: Rarity) -> list[float]:
        """The log-odds that each comparison adds for this pair; 0 where a field is unknown."""
        return [
            0.0
            if level is None
            else self.of_level[at][level.number] + (_for_rarity(at, one, rarity) if level.number == 0 else 0.0)
            for at, level in enumerate(levels)
        ]


def _for_rarity(at: int, one: Record, rarity: Rarity) -> float:
    """What an exact agreement is worth beyond the usual one of its field, because its value is rare or common."""
    comparison = COMPARISONS[at]
    attribute = RARE_FIELDS.get(comparison.field)
    if attribute is None:
        return 0.0
    share = rarity.share(comparison.field, getattr(one, attribute))
    if share is None:
        return 0.0
    surprise = -math.log(share) + math.log(comparison.other[0])
    return BELIEF_IN_RARITY * min(max(surprise, -MOST_FOR_RARITY), MOST_FOR_RARITY)


@cache
def usual() -> Weights:
    """The weights before any file was seen: what the live database is searched with."""
    return _weights([np.array(c.same) for c in COMPARISONS], [np.array(c.other) for c in COMPARISONS], SHARE_TRUE)


def fit(levels: Sequence[Levels]) -> Weights:
    """The weights fitted to the candidate pairs of a file, without labels. No pairs: the usual ones."""
    if not levels:
        return usual()
    numbers = np.array([[-1 if level is None else level.number for level in row] for row in levels], dtype=np.int8)
    starts = [(np.array(c.same), np.array(c.other)) for c in COMPARISONS]
    same, other = [start[0] for start in starts], [start[1] for start in starts]
    true = SHARE_TRUE
    for _round in range(ROUNDS):
        chance = _chances(numbers, _weights(same, other, true))
        true = min(max(float(chance.mean()), 1e-5), 0.5)  # house: money is decimal (a probability)
        same = [_shares(numbers[:, at], chance, start) for at, (start, _) in enumerate(starts)]
        other = [_shares(numbers[:, at], 1 - chance, start) for at, (_, start) in enumerate(starts)]
    return _weights(same, other, true)


Floats = NDArray[np.float64]


def _weights(same: Sequence[Floats], other: Sequence[Floats], true: float) -> Weights:
    tables = (np.log(one / two) for one, two in zip(same, other, strict=True))
    return Weights(math.log(true / (1 - true)), tuple(tuple(map(float, table)) for table in tables))


def _chances(numbers: NDArray[np.int8], weights: Weights) -> Floats:
    scores = np.full(len(numbers), weights.prior)
    for at, table in enumerate(weights.of_level):
        # A last 0 for "unknown", which is level -1.
        scores += np.array((*table, 0.0))[numbers[:, at]]
    chances: Floats = 1 / (1 + np.exp(-np.clip(scores, -50, 50)))
    return chances


def _shares(numbers: NDArray[np.int8], chance: Floats, start: Floats) -> Floats:
    known = numbers >= 0
    counts = np.bincount(numbers[known], chance[known], len(start)) + PRIOR_PAIRS * start
    shares: Floats = counts / counts.sum()
    return shares
