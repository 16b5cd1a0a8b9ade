"""How alike two records are, field by field: each comparison puts a pair on one of a few named levels.

A comparison answers None when either side says nothing: what is not known is no evidence. The likeness of two words is
rapidfuzz's Jaro-Winkler and Damerau-Levenshtein (optimal string alignment: a transposition is one slip).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import OSA, JaroWinkler

from leads.duplicates.records import Record, sounds_like


@dataclass(frozen=True)
class Rarity:
    """How common words are among the records at hand: ``of("smith")`` is low, of a word nobody else has the highest.

    ``holders`` counts the records that hold a word, ``total`` all records.
    """

    holders: Mapping[str, int] = field(default_factory=dict)
    total: int = 1000
    # How many records hold a value in a field: {("family_name", "smith"): 12}.
    values: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    def among(cls, records: Iterable[Record]) -> Rarity:
        holders: Counter[str] = Counter()
        values: Counter[tuple[str, str]] = Counter()
        total = 0
        for record in records:
            total += 1
            holders.update({*record.name_words, *record.detail_words, *record.codes})
            values.update((("given_name", record.given), ("family_name", record.family), ("city", record.city_text)))
        return cls(holders, max(total, 2), values)

    def share(self, field: str, value: str) -> float | None:
        """The share of records with this value in this field; None when it was never counted."""
        holders = self.values.get((field, value))
        return holders / self.total if holders else None

    def of(self, word: str) -> float:
        """The natural logarithm of total over holders, at least a small weight for the commonest word."""
        return max(math.log(self.total / max(self.holders.get(word, 1), 1)), 0.1)


@dataclass(frozen=True, slots=True)
class Level:
    """Where a pair stands in one field: the number of the level (0 is the best) and how alike the values are, 0 to 1."""

    number: int
    similarity: float


Compare = Callable[[Record, Record, Rarity], Level | None]


@dataclass(frozen=True)
class Comparison:
    """A field's comparison. ``same`` and ``other`` say how often each level occurs among true pairs and among others."""

    field: str
    compare: Compare
    same: tuple[float, ...]
    other: tuple[float, ...]


def graded(similarity: float, steps: Sequence[float]) -> Level:
    """The first step that the similarity reaches; below all of them the level after the last."""
    number = next((number for number, step in enumerate(steps) if similarity >= step), len(steps))
    return Level(number, similarity)


# --- Words -----------------------------------------------------------------------------------------------------------


def word_likeness(one: str, other: str) -> float:
    """0 to 1: 1 for equal words, high for one slip or the same sound, fair for a shortened form."""
    if one == other:
        return 1.0
    alike = JaroWinkler.similarity(one, other)
    shortest = min(len(one), len(other))
    if shortest >= 3 and OSA.distance(one, other, score_cutoff=1) <= 1:
        alike = max(alike, 0.93)
    if shortest >= 4 and sounds_like(one) == sounds_like(other):
        alike = max(alike, 0.9)
    if one.startswith(other) or other.startswith(one):
        alike = max(alike, 0.86)
    return alike


NAME_STEPS = (1.0, 0.9, 0.8)


def _names(one: Record, other: Record) -> tuple[tuple[str, str], tuple[str, str]]:
    """Given and family names to set against each other, crossed when that fits clearly better."""
    straight = _likeness(one.given, other.given) + _likeness(one.family, other.family)
    crossed = _likeness(one.given, other.family) + _likeness(one.family, other.given)
    if crossed > straight + 0.5:
        return (one.given, other.family), (one.family, other.given)
    return (one.given, other.given), (one.family, other.family)


def _likeness(one: str, other: str) -> float:
    return word_likeness(one, other) if one and other else 0.0


def _given(one: Record, other: Record, rarity: Rarity) -> Level | None:
    left, right = _names(one, other)[0]
    return graded(word_likeness(left, right), NAME_STEPS) if left and right else None


def _family(one: Record, other: Record, rarity: Rarity) -> Level | None:
    left, right = _names(one, other)[1]
    return graded(word_likeness(left, right), NAME_STEPS) if left and right else None


# --- Names of companies and things -------------------------------------------------------------------------------------


def soft_cosine(one: Iterable[str], other: Iterable[str], rarity: Rarity) -> float:
    """Shared words weighed by how rare they are, words that differ by a slip included (Cohen's soft TF-IDF)."""
    left, right = set(one), set(other)
    if not left or not right:
        return 0.0
    shared = sum(rarity.of(word) ** 2 for word in left & right)
    for word in left - right:
        best, likeness = _closest(word, right - left)
        if likeness >= 0.85:
            shared += likeness * rarity.of(word) * rarity.of(best)
    norms = math.sqrt(sum(rarity.of(word) ** 2 for word in left) * sum(rarity.of(word) ** 2 for word in right))
    return min(shared / norms, 1.0)


def _closest(word: str, others: Iterable[str]) -> tuple[str, float]:
    best, likeness = "", 0.0
    for other in others:
        if word[0] == other[0] and (alike := word_likeness(word, other)) > likeness:
            best, likeness = other, alike
    return best, likeness


def _name(one: Record, other: Record, rarity: Rarity) -> Level | None:
    if not one.name_words or not other.name_words:
        return None
    similarity = soft_cosine(one.name_words, other.name_words, rarity)
    joined = JaroWinkler.similarity("".join(one.name_words), "".join(other.name_words))
    if joined >= 0.95:
        similarity = max(similarity, joined)
    return graded(similarity, (0.99, 0.85, 0.7, 0.55, 0.4, 0.25))


# A code that more records than this hold names a property (1080p, 802.11g), not the thing.
MOST_HOLDERS = 4


def _codes(one: Record, other: Record, rarity: Rarity) -> Level | None:
    """A code of its own shared; one that continues the other (a colour, a country); only common ones shared; different."""
    left, right = (_telling(record.codes, rarity) for record in (one, other))
    if left & right:
        return Level(0, 1.0)
    if not left or not right:
        return None
    if any(_continues(a, b) for a in left for b in right):
        return Level(1, 0.8)
    return Level(2, 0.0)


def _telling(codes: Iterable[str], rarity: Rarity) -> set[str]:
    return {code for code in codes if rarity.holders.get(code, 1) <= MOST_HOLDERS}


def _continues(one: str, other: str) -> bool:
    return len(_stem(one)) >= 4 and _stem(one) == _stem(other)


def _stem(code: str) -> str:
    """A code without the letters at its end, which name a colour or a market: ``kxtg9332t`` -> ``kxtg9332``."""
    return code.rstrip("abcdefghijklmnopqrstuvwxyz")


def _details(one: Record, other: Record, rarity: Rarity) -> Level | None:
    if not one.details or not other.details:
        return None
    left, right = one.detail_words, other.detail_words
    if not left or not right:
        return None
    shared = sum(rarity.of(word) ** 2 for word in left & right)
    norms = math.sqrt(sum(rarity.of(w) ** 2 for w in left) * sum(rarity.of(w) ** 2 for w in right))
    return graded(shared / norms, (0.6, 0.45, 0.3, 0.2, 0.1))


def _amount(one: Record, other: Record, rarity: Rarity) -> Level | None:
    if not one.amount or not other.amount:
        return None
    return graded(min(one.amount, other.amount) / max(one.amount, other.amount), (0.97, 0.85, 0.7, 0.5))


# --- Addresses -------------------------------------------------------------------------------------------------------


def _text_likeness(one: str, other: str) -> float:
    """Likeness of short texts of several words, wherever the blanks fell."""
    if one == other:
        return 1.0
    left, right = one.replace(" ", ""), other.replace(" ", "")
    return max(OSA.normalized_similarity(left, right), word_likeness(left, right) - 0.1, 0.0)


STREET_STEPS = (1.0, 0.8, 0.65)


def _streets(one: Record, other: Record) -> tuple[tuple[str, str], tuple[str, str]]:
    """Street and place to set against each other, crossed when files swapped the two lines."""
    straight = (one.street_text, other.street_text), (one.place_text, other.place_text)
    if not (one.place_text or other.place_text):
        return straight
    crossed = (one.street_text, other.place_text), (one.place_text, other.street_text)
    gain = sum(_text_likeness(*pair) for pair in crossed if all(pair)) - sum(
        _text_likeness(*pair) for pair in straight if all(pair)
    )
    return crossed if gain > 0.5 else straight


def _street(one: Record, other: Record, rarity: Rarity) -> Level | None:
    left, right = _streets(one, other)[0]
    return graded(_text_likeness(left, right), STREET_STEPS) if left and right else None


def _place(one: Record, other: Record, rarity: Rarity) -> Level | None:
    left, right = _streets(one, other)[1]
    return graded(_text_likeness(left, right), STREET_STEPS) if left and right else None


def _number(one: Record, other: Record, rarity: Rarity) -> Level | None:
    if not one.house_numbers or not other.house_numbers:
        return None
    if one.house_numbers & other.house_numbers:
        return Level(0, 1.0)
    slip = min(OSA.distance(a, b) for a in one.house_numbers for b in other.house_numbers) <= 1
    return Level(1, 0.7) if slip else Level(2, 0.0)


def _city(one: Record, other: Record, rarity: Rarity) -> Level | None:
    if not one.city_text or not other.city_text:
        return None
    return graded(_text_likeness(one.city_text, other.city_text), (1.0, 0.75))


def _postal_code(one: Record, other: Record, rarity: Rarity) -> Level | None:
    if not one.postcode or not other.postcode:
        return None
    if one.postcode == other.postcode:
        return Level(0, 1.0)
    slips = OSA.distance(one.postcode, other.postcode)
    return Level(1, 0.8) if slips == 1 else Level(2, 0.4) if slips == 2 else Level(3, 0.0)


def _region(one: Record, other: Record, rarity: Rarity) -> Level | None:
    if not one.region_text or not other.region_text:
        return None
    return Level(0, 1.0) if one.region_text == other.region_text else Level(1, 0.0)


def _country(one: Record, other: Record, rarity: Rarity) -> Level | None:
    if not one.country or not other.country:
        return None
    return Level(0, 1.0) if one.country.casefold() == other.country.casefold() else Level(1, 0.0)


# --- Numbers and addresses of the wire -----------------------------------------------------------------------------------


def _phone(one: Record, other: Record, rarity: Rarity) -> Level | None:
    if not one.phones or not other.phones:
        return None
    if set(one.phones) & set(other.phones):
        return Level(0, 1.0)
    slip = any(OSA.distance(a, b, score_cutoff=1) <= 1 for a in one.phones for b in other.phones)
    return Level(1, 0.9) if slip else Level(2, 0.0)


def _email(one: Record, other: Record, rarity: Rarity) -> Level | None:
    if not one.emails or not other.emails:
        return None
    if set(one.emails) & set(other.emails):
        return Level(0, 1.0)
    best = max(JaroWinkler.similarity(_local(a), _local(b)) for a in one.emails for b in other.emails)
    return graded(best, (1.1, 0.93))


def _local(email: str) -> str:
    return email.partition("@")[0]


def _domain(one: Record, other: Record, rarity: Rarity) -> Level | None:
    if not one.domains or not other.domains:
        return None
    return Level(0, 1.0) if set(one.domains) & set(other.domains) else Level(1, 0.0)


def _external(one: Record, other: Record, rarity: Rarity) -> Level | None:
    """The same id in the same source is the same record; different ids in one source are two."""
    if not one.external or not other.external:
        return None
    if set(one.external) & set(other.external):
        return Level(0, 1.0)
    sources = [{identifier.partition(":")[0] for identifier in record.external} for record in (one, other)]
    return Level(1, 0.0) if sources[0] & sources[1] else None


# The shares are what is usual in files of people and firms (dirty in one field of five); the weights learn from them.
COMPARISONS: tuple[Comparison, ...] = (
    Comparison(
        "name", _name, (0.45, 0.17, 0.14, 0.11, 0.07, 0.045, 0.015), (0.002, 0.003, 0.01, 0.03, 0.08, 0.175, 0.7)
    ),
    Comparison("codes", _codes, (0.7, 0.15, 0.15), (0.003, 0.007, 0.99)),
    Comparison("details", _details, (0.2, 0.2, 0.25, 0.2, 0.1, 0.05), (0.002, 0.008, 0.04, 0.1, 0.25, 0.6)),
    Comparison("amount", _amount, (0.4, 0.25, 0.15, 0.12, 0.08), (0.03, 0.1, 0.12, 0.2, 0.55)),
    Comparison("given_name", _given, (0.75, 0.12, 0.04, 0.09), (0.02, 0.02, 0.03, 0.93)),
    Comparison("family_name", _family, (0.75, 0.13, 0.04, 0.08), (0.01, 0.02, 0.03, 0.94)),
    Comparison("street", _street, (0.7, 0.18, 0.05, 0.07), (0.01, 0.02, 0.07, 0.9)),
    Comparison("number", _number, (0.83, 0.1, 0.07), (0.05, 0.25, 0.7)),
    Comparison("place", _place, (0.65, 0.2, 0.05, 0.1), (0.02, 0.03, 0.05, 0.9)),
    Comparison("city", _city, (0.75, 0.15, 0.1), (0.05, 0.05, 0.9)),
    Comparison("postal_code", _postal_code, (0.75, 0.17, 0.04, 0.04), (0.03, 0.06, 0.21, 0.7)),
    Comparison("region", _region, (0.9, 0.1), (0.25, 0.75)),
    Comparison("country", _country, (0.98, 0.02), (0.5, 0.5)),
    Comparison("phones", _phone, (0.75, 0.05, 0.2), (0.001, 0.001, 0.998)),
    Comparison("emails", _email, (0.7, 0.15, 0.15), (0.0005, 0.01, 0.9895)),
    Comparison("domains", _domain, (0.8, 0.2), (0.003, 0.997)),
    Comparison("external", _external, (0.95, 0.05), (0.00001, 0.99999)),
)
