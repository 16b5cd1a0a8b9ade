"""A scorecard: a base and, for each field and each pair of fields, a table of points in log-odds. Applied by numpy alone.

The model is additive on purpose: the points of a lead's own cells sum to its log-odds exactly, so that a reason is a
part of the score and not a story told afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leads.scoring.encoding import Codes, Encoding
from leads.scoring.table import Table

Numbers = npt.NDArray[np.float64]
DIGITS = 12


@dataclass(frozen=True, slots=True)
class PairTerm:
    """Points for two fields together, beyond what each says alone; ``first`` and ``second`` are places in the encoding."""

    first: int
    second: int
    points: Numbers


@dataclass(frozen=True, slots=True)
class Scorecard:
    """``base`` is the log-odds of the average lead; ``mains[i][code]`` and the ``pairs`` are what differs from it."""

    encoding: Encoding
    base: float
    mains: tuple[Numbers, ...]
    pairs: tuple[PairTerm, ...]

    def names(self) -> list[tuple[str, ...]]:
        """The fields of each term, in the order of ``contributions``."""
        fields = self.encoding.fields
        return [
            *((field.name,) for field in fields),
            *((fields[term.first].name, fields[term.second].name) for term in self.pairs),
        ]

    def terms(self, codes: Codes) -> Iterator[Numbers]:
        """Each term's points for each row."""
        for place, points in enumerate(self.mains):
            yield points[codes[:, place]]
        for term in self.pairs:
            yield term.points[codes[:, term.first], codes[:, term.second]]

    def contributions(self, table: Table) -> Numbers:
        """(rows, terms) points in log-odds; with ``base`` they sum to the log-odds."""
        return np.stack(list(self.terms(self.encoding.encode(table))), axis=1)

    def log_odds_of(self, codes: Codes) -> Numbers:
        total = np.full(len(codes), self.base)
        for points in self.terms(codes):
            total += points
        return total

    def probabilities(self, table: Table) -> Numbers:
        """The chance of being won, for each row."""
        return sigmoid(self.log_odds_of(self.encoding.encode(table)))

    def weight_of_fields(self, codes: Codes) -> dict[str, float]:
        """How much each field moves the scores of these rows: the mean absolute points, pairs shared by their two."""
        weights = {field.name: 0.0 for field in self.encoding.fields}
        for names, points in zip(self.names(), self.terms(codes), strict=True):
            for name in names:
                weights[name] += float(np.abs(points).mean()) / len(names)
        return weights

    def as_data(self) -> dict[str, Any]:
        """JSON; ``from_data`` gives the same card back, to the last digit kept."""
        return {
            "fields": self.encoding.as_data(),
            "base": round(self.base, DIGITS),
            "mains": [_rounded(points) for points in self.mains],
            "pairs": [[term.first, term.second, _rounded(term.points)] for term in self.pairs],
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Scorecard:
        return cls(
            encoding=Encoding.from_data(data["fields"]),
            base=data["base"],
            mains=tuple(np.array(points, dtype=np.float64) for points in data["mains"]),
            pairs=tuple(PairTerm(one, two, np.array(points, dtype=np.float64)) for one, two, points in data["pairs"]),
        )


def sigmoid(log_odds: Numbers) -> Numbers:
    """Without overflow at either end."""
    return 0.5 * (1 + np.tanh(log_odds / 2))


def _rounded(points: Numbers) -> list[Any]:
    # + 0.0 turns -0.0 into 0.0: the same model, the same bytes.
    listed: list[Any] = (np.round(points, DIGITS) + 0.0).tolist()
    return listed
