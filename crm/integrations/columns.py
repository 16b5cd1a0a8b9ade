"""Which column means which field: by its name, else by what stands in it. A guess with its confidence; people correct it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from crm.integrations.targets import Field, Target, header_word

SURE, LIKELY, MAYBE = 1.0, 0.8, 0.6
LEAST = 0.5
# Words before the field's own name that say whose it is; those of the target itself add nothing.
_WHOSE = {
    "companies": ("account", "company", "organization", "organisation", "entreprise", "societe"),
    "contacts": ("contact", "person", "kontak"),
    "leads": ("lead", "prospect", "person"),
    "deals": ("deal", "opportunity", "potential", "affaire"),
    "products": ("product", "produit", "produk"),
}
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[a-z]{2,}", re.IGNORECASE)
_WEB = re.compile(r"(?:https?://|www\.)\S+\.\S+", re.IGNORECASE)
_ENOUGH = 0.8


@dataclass(frozen=True, slots=True)
class Guess:
    """``field`` is empty for a column that is left out; ``confidence`` between 0 and 1."""

    column: str
    field: str
    confidence: float


def signature(columns: Sequence[str]) -> str:
    """What a person's mapping is remembered by: the same columns in the same order."""
    return "|".join(header_word(column) for column in columns)


def guess_columns(columns: Sequence[str], texts: Sequence[Sequence[str]], target: Target) -> list[Guess]:
    """A field for each column, no field twice; ``texts`` are the columns' filled sample cells."""
    votes = [
        (confidence, -index, field.name)
        for index, column in enumerate(columns)
        for field in target.fields
        if (confidence := _confidence(column, texts[index], field, target)) >= LEAST
    ]
    chosen: dict[int, tuple[str, float]] = {}
    taken = set[str]()
    for confidence, index, name in sorted(votes, reverse=True):
        if -index not in chosen and name not in taken:
            chosen[-index] = (name, confidence)
            taken.add(name)
    return [Guess(column, *chosen.get(index, ("", 0.0))) for index, column in enumerate(columns)]


def _confidence(column: str, texts: Sequence[str], field: Field, target: Target) -> float:
    by_name = _by_name(header_word(column), field, target)
    if not by_name:
        return _by_content(texts, field)
    if not texts:  # an empty column must not take the place of a filled one
        return by_name - 0.25
    return by_name if _fits(texts, field) else by_name - 0.35


def _by_name(word: str, field: Field, target: Target) -> float:
    if not word:
        return 0.0
    # The earlier an own name stands in the list of fields' words is no order; only exactness counts.
    if word in field.words or word == header_word(field.name):
        return SURE
    for whose in _WHOSE[target.name]:
        rest = word.removeprefix(whose)
        if rest != word and rest in field.words:
            return 0.95
    if len(word) >= 5 and any(fuzz.ratio(word, each) >= 90 for each in field.words if abs(len(each) - len(word)) <= 2):
        return LIKELY
    # "Shipping City" must not win over "Billing City"; other people's columns are no candidates at all.
    return 0.0


def _by_content(texts: Sequence[str], field: Field) -> float:
    """What stands in the column, where its name says nothing: only what is unmistakable."""
    pattern = {"email": _EMAIL, "phone": None, "website": _WEB}.get(field.name)
    if pattern is None or len(texts) < 1:
        return 0.0
    return MAYBE if _share(pattern, texts) >= _ENOUGH else 0.0


def _fits(texts: Sequence[str], field: Field) -> bool:
    """Whether the content speaks against what the name says."""
    match field.kind:
        case "email":
            return _share(_EMAIL, texts) >= 0.3
        case "phone":
            return _share(re.compile(r".*\d.*", re.DOTALL), texts) >= 0.3
        case "money" | "number" | "whole" | "day" | "moment" | "year":
            return _share(re.compile(r".*\d.*", re.DOTALL), texts) >= 0.5
        case _:
            return True


def _share(pattern: re.Pattern[str], texts: Sequence[str]) -> float:
    return sum(1 for text in texts if pattern.fullmatch(text.strip())) / len(texts)


SYSTEMS = {
    "salesforce": {"systemmodstamp", "isdeleted", "lastmodifiedbyid"},
    "hubspot": {"recordid", "hubspotownerid", "hsobjectid", "lifecyclestage"},
    "pipedrive": {"dealorganization", "personorganization", "dealtitle", "personname"},
    "zoho": {"potentialname", "leadid", "lastactivitytime", "createdtime"},
}
UNNAMED_SYSTEM = "import"


def source_of(columns: Sequence[str]) -> str:
    """The system a file comes from, as its columns tell; it names the ids in it."""
    words = {header_word(column) for column in columns}
    best = max(SYSTEMS, key=lambda name: len(SYSTEMS[name] & words))
    return best if len(SYSTEMS[best] & words) >= 2 else UNNAMED_SYSTEM
