"""The plain record that is compared, and the normal forms of its fields, worked out once."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import jellyfish

from crm.core.text import fold

_WORDS = re.compile(r"[^\W_]+")
_CODE_JOINTS = re.compile(r"(?<=[^\W_])[-/.](?=[^\W_])")
_NUMBER = re.compile(r"\d+")
_MARKS = re.compile(r"['\u2019`]")

# Words of an address or a firm's legal form that tell nothing, and the one spelling of those that tell something.
SPELLINGS = {
    "avenue": "ave",
    "boulevard": "blvd",
    "blv": "blvd",
    "brothers": "bros",
    "center": "centre",
    "circuit": "cct",
    "company": "co",
    "corporation": "corp",
    "court": "ct",
    "crescent": "cres",
    "drive": "dr",
    "east": "e",
    "fifth": "5th",
    "first": "1st",
    "fourth": "4th",
    "highway": "hwy",
    "incorporated": "inc",
    "international": "intl",
    "jalan": "jl",
    "lane": "ln",
    "limited": "ltd",
    "mount": "mt",
    "north": "n",
    "parkway": "pkwy",
    "place": "pl",
    "road": "rd",
    "saint": "st",
    "second": "2nd",
    "seventh": "7th",
    "sixth": "6th",
    "south": "s",
    "square": "sq",
    "street": "st",
    "strasse": "str",
    "straße": "str",
    "terrace": "tce",
    "third": "3rd",
    "west": "w",
}
LEGAL_FORMS = frozenset(
    "ab ag as asa bv co corp cv eurl gmbh inc kg kk limited llc llp ltd nv oy plc pt pte pty sa sarl sas sasu sl spa srl tbk ud".split()
)
_SMALL_WORDS = frozenset("a an and at by das de der des di die du for in la le les of on or the to und with".split())


def plain(text: str) -> str:
    """Folded text with single blanks: ``  Jalan  SUDIRMAN `` -> ``jalan sudirman``."""
    return " ".join(fold(text).split())


@lru_cache(maxsize=50_000)  # towns, streets and first names come again and again
def words(text: str) -> tuple[str, ...]:
    """The folded words in any script, each in its one spelling: ``O'Brien St.`` -> ``obrien``, ``st``."""
    return tuple(SPELLINGS.get(word, word) for word in _WORDS.findall(_MARKS.sub("", fold(text))))


def codes(text: str) -> frozenset[str]:
    """Article codes as a maker prints them, without joints: ``KX-TS208W`` and ``KXTS208W`` are both ``kxts208w``."""
    joined = _CODE_JOINTS.sub("", fold(text))
    return frozenset(word for word in _WORDS.findall(joined) if len(word) >= 4 and _is_code(word))


def _is_code(word: str) -> bool:
    digits = sum(char.isdigit() for char in word)
    return 2 <= digits < len(word) or (digits == len(word) and digits >= 5)


@lru_cache(maxsize=50_000)
def sounds_like(word: str) -> str:
    """The Metaphone of a Latin name, the folded word itself in other scripts."""
    return jellyfish.metaphone(word) if word.isascii() and word.isalpha() else word


@dataclass(frozen=True)
class Record:
    """One company, person or article, as far as duplicates are concerned; empty text where nothing is known.

    ``name`` is the company's (or article's) name, given and family name a person's. ``phones`` in E.164 where a country
    was known, else digits; ``emails`` as their keys. ``details`` is free text about the thing itself, ``amount`` a price.
    ``external`` are ids given by other systems as ``source:id``.
    """

    key: Hashable
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    street: str = ""
    place: str = ""
    city: str = ""
    postal_code: str = ""
    region: str = ""
    country: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    external: tuple[str, ...] = ()
    details: str = ""
    amount: float | None = None
    # Which list it comes from: pairs are sought across two lists, or within one.
    source: int = field(default=0, compare=False)

    @cached_property
    def name_words(self) -> tuple[str, ...]:
        """The words of ``name`` that tell something; all of them when none would be left."""
        found = words(self.name)
        telling = tuple(word for word in found if word not in LEGAL_FORMS and word not in _SMALL_WORDS)
        return telling or found

    @cached_property
    def codes(self) -> frozenset[str]:
        return codes(self.name) | codes(self.details)

    @cached_property
    def detail_words(self) -> frozenset[str]:
        found = {*words(self.name), *words(self.details)}
        return frozenset(found - _SMALL_WORDS) if self.details or self.name else frozenset()

    @cached_property
    def given(self) -> str:
        return plain(self.given_name)

    @cached_property
    def family(self) -> str:
        return plain(self.family_name)

    @cached_property
    def street_words(self) -> tuple[str, ...]:
        return tuple(word for word in words(self.street) if not word.isdecimal())

    @cached_property
    def street_text(self) -> str:
        return " ".join(self.street_words)

    @cached_property
    def house_numbers(self) -> frozenset[str]:
        return frozenset(_NUMBER.findall(self.street))

    @cached_property
    def place_text(self) -> str:
        return " ".join(words(self.place))

    @cached_property
    def city_text(self) -> str:
        return " ".join(words(self.city))

    @cached_property
    def region_text(self) -> str:
        return plain(self.region)

    @cached_property
    def postcode(self) -> str:
        return "".join(_WORDS.findall(fold(self.postal_code)))
