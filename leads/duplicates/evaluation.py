"""How well the engine does on files whose true pairs are known."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leads.duplicates import files
from leads.duplicates.matching import Match, find_pairs


@dataclass(frozen=True)
class Measured:
    """Pairs found against true pairs; what blocking never brought forward counts as missed."""

    precision: float
    recall: float

    @classmethod
    def of(cls, found: set[files.Pair], true: set[files.Pair]) -> Measured:
        right = len(found & true)
        return cls(right / len(found) if found else 1.0, right / len(true))

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def evaluate(paths: Sequence[Path], truth: Path | None = None) -> dict[str, object]:
    """Find the pairs in one file, or across two, and compare with the truth.

    Without ``truth`` a last file of id pairs is taken for it, else ids like ``rec-7-dup-0`` tell. Raises ``ValueError``
    for files that hold no records or no truth.
    """
    tables = [files.read_table(path) for path in paths]
    known = files.read_table(truth) if truth else None
    if known is None and len(tables) > 1 and files.looks_like_truth(tables[-1]):
        known = tables.pop()
    records = [record for source, table in enumerate(tables) for record in files.records_of(table, source)]
    if not records:
        raise ValueError("These files hold no records.")
    across = len(tables) > 1
    true = files.true_pairs(records, known, across=across)
    begun = time.perf_counter()
    found = find_pairs(records, across=across)
    seconds = time.perf_counter() - begun
    suggested = Measured.of(_keys(found), true)
    automatic = Measured.of(_keys([match for match in found if match.is_automatic]), true)
    return {
        "records": len(records),
        "true_pairs": len(true),
        "precision": round(suggested.precision, 4),
        "recall": round(suggested.recall, 4),
        "f1": round(suggested.f1, 4),
        "automatic": {"precision": round(automatic.precision, 4), "recall": round(automatic.recall, 4)},
        "seconds": round(seconds, 2),
    }


def _keys(matches: Sequence[Match]) -> set[files.Pair]:
    return {files.ordered(match.one, match.other) for match in matches}  # type: ignore[arg-type]
