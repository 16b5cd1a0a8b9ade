"""Pairs that are probably one record, with a score and the reasons a person reads."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from leads.duplicates.blocking import candidate_pairs
from leads.duplicates.comparing import COMPARISONS, Level, Rarity
from leads.duplicates.records import Record
from leads.duplicates.weights import Weights, fit, usual

# From here a pair is shown to a person; from there a machine may merge it.
SUGGESTED_FROM = 0.5
AUTOMATIC_FROM = 0.999
FIELDS = tuple(comparison.field for comparison in COMPARISONS)
NAMES = frozenset({"name", "given_name", "family_name"})
# A machine needs, beside the name, something that two namesakes do not share.
ANCHORS = frozenset({"street", "number", "place", "city", "postal_code", "phones", "emails", "external", "domains"})
ENOUGH_ANCHORS = 2.0
ANCHOR_WORTH = {0: 1.0, 1: 0.5}


@dataclass(frozen=True, slots=True)
class Reason:
    """What one field says: its values, how alike they are (0 to 1), and the log-odds it adds (negative: speaks against)."""

    field: str
    similarity: float
    weight: float


@dataclass(frozen=True, slots=True)
class Match:
    """A pair with its probability of being one record (0 to 1), the log-odds behind it, the reasons strongest first."""

    one: Hashable
    other: Hashable
    score: float
    log_odds: float
    reasons: tuple[Reason, ...]
    is_automatic: bool

    def similarity(self, field: str) -> float | None:
        """How alike the two are in a field, 0 to 1; None where either says nothing."""
        return next((reason.similarity for reason in self.reasons if reason.field == field), None)


def compare(one: Record, other: Record, rarity: Rarity | None = None, weights: Weights | None = None) -> Match:
    """How probable it is that two records are one, and why."""
    rarity = rarity or Rarity()
    return _match(one, other, _levels(one, other, rarity), rarity, weights or usual())


def _levels(one: Record, other: Record, rarity: Rarity) -> list[Level | None]:
    return [comparison.compare(one, other, rarity) for comparison in COMPARISONS]


def _match(one: Record, other: Record, levels: Sequence[Level | None], rarity: Rarity, weights: Weights) -> Match:
    contributions = weights.contributions(one, other, levels, rarity)
    log_odds = weights.prior + sum(contributions)
    score = 1 / (1 + math.exp(-min(max(log_odds, -50), 50)))
    reasons = [
        Reason(name, level.similarity, weight)
        for name, level, weight in zip(FIELDS, levels, contributions, strict=True)
        if level is not None
    ]
    reasons.sort(key=lambda reason: -abs(reason.weight))
    automatic = score >= AUTOMATIC_FROM and _is_safe(dict(zip(FIELDS, levels, strict=True)))
    return Match(one.key, other.key, score, log_odds, tuple(reasons), automatic)


def _is_safe(levels: dict[str, Level | None]) -> bool:
    """Whether a machine may merge: names agree but for slips, so do enough anchors (a slip is half), no id or code differs."""
    known = {name: level.number for name, level in levels.items() if level is not None}
    if any(known.get(name, 0) > 0 for name in ("external", "codes")):
        return False
    named = [known[name] for name in NAMES if name in known]
    if not named or max(named) > 1 or known.get("name", 0) > 0:
        return False
    return sum(ANCHOR_WORTH.get(known.get(anchor, -1), 0.0) for anchor in ANCHORS) >= ENOUGH_ANCHORS


def find_pairs(records: Sequence[Record], *, across: bool = False) -> list[Match]:
    """All pairs of ``records`` from ``SUGGESTED_FROM`` up, most probable first.

    ``across``: only between records of different ``source``, each list being free of duplicates itself; then every
    record has at most one partner, the best one that is free.
    """
    rarity = Rarity.among(records)
    pairs = list(candidate_pairs(records, across=across))
    levels = [_levels(records[one], records[other], rarity) for one, other in pairs]
    weights = fit(levels)
    matches = (
        _match(records[one], records[other], row, rarity, weights)
        for (one, other), row in zip(pairs, levels, strict=True)
    )
    found = sorted((match for match in matches if match.score >= SUGGESTED_FROM), key=lambda match: -match.log_odds)
    return list(_one_each(found)) if across else found


def _one_each(matches: Iterable[Match]) -> Iterator[Match]:
    taken: set[Hashable] = set()
    for match in matches:
        if match.one not in taken and match.other not in taken:
            taken |= {match.one, match.other}
            yield match
