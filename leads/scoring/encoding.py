"""Raw columns to small whole numbers: one code per bin of a number or per frequent choice.

Code 0 is "not known", which often says more than a value; code 1 of a choice is "something rarer". No code depends on
the outcome, so an encoding may be learned from all rows without letting the answer in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leads.scoring.table import Table, Value, as_date, as_number, is_missing

Codes = npt.NDArray[np.int16]
Numbers = npt.NDArray[np.float64]

BINS = 32
# Drifting numbers (prices, rates, dates of a campaign) live at one end of history: the newest tenth has edges of its own.
RECENT_BINS, RECENT_SHARE = 16, 0.1
MOST_CHOICES, RARE = 40, 10
UNKNOWN, OTHER, FIRST_CHOICE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class NumberField:
    """A number cut at ``edges``: code ``1 + how many edges are not above it``."""

    name: str
    edges: tuple[float, ...]

    @property
    def width(self) -> int:
        return len(self.edges) + 2

    def encode(self, values: Sequence[Value]) -> Codes:
        numbers = np.array([np.nan if (n := as_number(v)) is None else n for v in values], dtype=np.float64)
        codes = np.searchsorted(np.array(self.edges), numbers, side="right") + 1
        codes[np.isnan(numbers)] = UNKNOWN
        return codes.astype(np.int16)

    def as_data(self) -> dict[str, Any]:
        return {"name": self.name, "edges": list(self.edges)}


@dataclass(frozen=True, slots=True)
class ChoiceField:
    """One of ``choices`` (folded), or something rarer."""

    name: str
    choices: tuple[str, ...]

    @property
    def width(self) -> int:
        return len(self.choices) + FIRST_CHOICE

    def encode(self, values: Sequence[Value]) -> Codes:
        known = {choice: code for code, choice in enumerate(self.choices, FIRST_CHOICE)}
        codes = [UNKNOWN if is_missing(value) else known.get(fold(value), OTHER) for value in values]
        return np.array(codes, dtype=np.int16)

    def as_data(self) -> dict[str, Any]:
        return {"name": self.name, "choices": list(self.choices)}


Field = NumberField | ChoiceField


def fold(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split()).casefold()[:120]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A column that is no input, and why (a stable word)."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Encoding:
    fields: tuple[Field, ...]

    def encode(self, table: Table) -> Codes:
        """(rows, fields) codes. A column the table lacks is "not known" throughout."""
        codes = np.zeros((len(table), len(self.fields)), dtype=np.int16)
        for place, field in enumerate(self.fields):
            if field.name in table.columns:
                places, values = table.coded(field.name)
                codes[:, place] = field.encode(values)[places]
        return codes

    def only(self, names: Iterable[str]) -> Encoding:
        kept = set(names)
        return Encoding(tuple(field for field in self.fields if field.name in kept))

    def as_data(self) -> list[dict[str, Any]]:
        return [field.as_data() for field in self.fields]

    @classmethod
    def from_data(cls, data: Iterable[dict[str, Any]]) -> Encoding:
        return cls(tuple(_field_from(entry) for entry in data))


def _field_from(entry: dict[str, Any]) -> Field:
    if "edges" in entry:
        return NumberField(entry["name"], tuple(entry["edges"]))
    return ChoiceField(entry["name"], tuple(entry["choices"]))


def learn_encoding(table: Table, *, ordered: bool) -> tuple[Encoding, list[LeftOut]]:
    """Codes for every usable column. ``ordered``: rows run from old to new, so that the newest get finer bins."""
    fields: list[Field] = []
    left_out: list[LeftOut] = []
    for name, column in table.columns.items():
        found = _learn(name, column, ordered=ordered)
        if isinstance(found, LeftOut):
            left_out.append(found)
        else:
            fields.append(found)
    return Encoding(tuple(fields)), left_out


def _learn(name: str, column: Sequence[Value], *, ordered: bool) -> Field | LeftOut:
    known = [value for value in column if not is_missing(value)]
    distinct = set(known)
    if not known or (len(distinct) == 1 and len(known) == len(column)):
        return LeftOut(name, "constant")
    if all(as_date(value) is not None for value in distinct):
        return LeftOut(name, "date")
    numbers = [as_number(value) for value in known]
    if len(distinct) > 2 and all(number is not None for number in numbers):
        if _is_identifier(numbers):
            return LeftOut(name, "identifier")
        return NumberField(name, _edges(column, ordered=ordered))
    if len(distinct) > max(20, len(known) / 2):
        return LeftOut(name, "identifier")
    counts = Counter(fold(value) for value in known)
    frequent = [text for text, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count >= RARE]
    if not frequent:
        return LeftOut(name, "too rare")
    return ChoiceField(name, tuple(frequent[:MOST_CHOICES]))


def _is_identifier(numbers: Sequence[Any]) -> bool:
    """Whole numbers that never repeat, over more than 200 rows, count records and say nothing about them."""
    return len(numbers) > 200 and len(set(numbers)) == len(numbers) and all(number == int(number) for number in numbers)


def _edges(column: Sequence[Value], *, ordered: bool) -> tuple[float, ...]:
    edges = _cuts(column, BINS)
    if ordered:
        newest = column[-max(1, int(len(column) * RECENT_SHARE)) :]
        edges |= _cuts(newest, RECENT_BINS)
    return tuple(sorted(edges))


def _cuts(column: Sequence[Value], bins: int) -> set[float]:
    """Between neighbours where there are few values, else at equal shares of the rows."""
    numbers: Numbers = np.array([n for v in column if (n := as_number(v)) is not None], dtype=np.float64)
    distinct = np.unique(numbers)
    if len(distinct) <= bins:
        return set(((distinct[1:] + distinct[:-1]) / 2).tolist())
    return set(np.unique(np.quantile(numbers, np.linspace(0, 1, bins + 1)[1:-1])).tolist())
