"""The folded words that a record is found by, and the same cutting for what somebody types.

Both sides are cut alike, so accents, capitals, normal forms and punctuation never matter. Scripts that write without
blanks are cut into pairs of characters. A telephone number gives all its endings: any run of digits inside it is then the
beginning of one of them, and a prefix look-up finds it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from crm.core.text import fold

LONGEST_WORD = 80
MOST_WORDS = 400
SHORTEST_FRAGMENT = 4

# Han, kana, Thai, Lao, Burmese, Khmer.
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # noqa: E501
_RUNS = re.compile(f"[{_SPACELESS}]+|[^{_SPACELESS}]+")
_DIGIT = re.compile(r"\d")
_IS_SPACELESS = re.compile(f"[{_SPACELESS}]")


class _Cut(dict[int, str]):
    """For ``str.translate``: letters, digits and the marks that belong to them stay, all else becomes a blank."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        kept = self[point] = char if unicodedata.category(char)[0] in "LNM" else " "
        return kept


_CUT = _Cut()


def is_spaceless(word: str) -> bool:
    """Whether a word is of a script that writes without blanks."""
    return bool(_IS_SPACELESS.match(word))


def parts(text: str) -> list[str]:
    """The folded words of a text in order, runs of spaceless script apart: ``"Jean-Luc 北京X"`` -> jean luc 北京 x."""
    plain = fold(text).translate(_CUT)
    if plain.isascii():
        return [word[:LONGEST_WORD] for word in plain.split()]
    return [run[:LONGEST_WORD] for word in plain.split() for run in _RUNS.findall(word)]


def pairs(run: str) -> list[str]:
    """A run of spaceless script as pairs of characters, and its last one alone: ``北京大`` -> 北京 京大 大.

    Each single character then begins something, so that one alone is found wherever it stands.
    """
    return [run[place : place + 2] for place in range(len(run))]


def _joined(text: str) -> Iterable[str]:
    """Words that people write in one: ``O'Brien`` also as ``obrien``, ``S.A.R.L.`` as ``sarl``."""
    for chunk in fold(text).split():
        pieces = chunk.translate(_CUT).split()
        if len(pieces) > 1 and len(whole := "".join(pieces)) <= LONGEST_WORD and not _IS_SPACELESS.search(whole):
            yield whole


def name_words(*texts: str) -> set[str]:
    """What names, cities and such are found by."""
    return {word for text in texts for word in _name(text)[0]}


def spoken_words(*texts: str) -> set[str]:
    """The words of names that typing errors are forgiven against: written out, three letters at least, no figures."""
    return {word for text in texts for word in _name(text)[1]}


@lru_cache(maxsize=20_000)  # towns, first names and companies come again and again
def _name(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """What a name is found by, and its words that are spoken."""
    words = parts(text)
    found = set(_joined(text))
    for word in words:
        found.update(pairs(word) if is_spaceless(word) else [word])
    spoken = (word for word in words if len(word) >= 3 and not is_spaceless(word))
    return frozenset(found), frozenset(word for word in spoken if not _DIGIT.search(word))


def email_words(address: str) -> set[str]:
    """The address as a whole, its local part, its domain, and their words. Single-letter pieces find nothing and go."""
    whole = fold(address).strip()
    local, _, domain = whole.rpartition("@")
    pieces = [piece for piece in parts(address) if len(piece) > 1]
    return {word[:LONGEST_WORD] for word in (whole, local, domain, *pieces) if word}


def phone_endings(number: str) -> set[str]:
    """Every ending of a number's digits that is long enough to ask for."""
    digits = digits_of(number)
    return {digits[place:] for place in range(len(digits) - SHORTEST_FRAGMENT + 1)}


def digits_of(text: str) -> str:
    """The digits of a text, of any script, as ASCII."""
    if text.isascii():
        return "".join(filter(str.isdigit, text))
    return "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())


@dataclass(frozen=True, slots=True)
class Words:
    """``found_by`` goes into a record's ``search_words``, ``spoken`` into the vocabulary. Add them up with ``|``."""

    found_by: frozenset[str] = field(default_factory=frozenset)
    spoken: frozenset[str] = field(default_factory=frozenset)

    def __or__(self, other: Words) -> Words:
        return Words(self.found_by | other.found_by, self.spoken | other.spoken)

    @property
    def vector(self) -> str:
        """The text form of a ``tsvector``, as an UPDATE or a COPY takes it."""
        if not self.found_by:
            return ""
        # Quoted all at once: a million rows have some fifty words each.
        return quote("\0".join(sorted(self.found_by)[:MOST_WORDS])).replace("\0", "' '")


def words_of(
    *,
    names: Iterable[str | None] = (),
    emails: Iterable[str | None] = (),
    phones: Iterable[str | None] = (),
    ids: Iterable[str | None] = (),
    domain: str = "",
) -> Words:
    """The words of one record from its texts; Nones and empty ones are passed over.

    ``names`` (of people, companies, cities) also enter the vocabulary. ``ids`` are found whole and by their pieces.
    """
    texts = [name for name in names if name]
    found = name_words(*texts)
    for address in filter(None, emails):
        found |= email_words(address)
    for number in filter(None, phones):
        found |= phone_endings(number)
    for identifier in filter(None, ids):
        found |= {fold(identifier).strip()[:LONGEST_WORD], *name_words(identifier)}
    if domain:
        found |= email_words(f"@{domain}")
    return Words(frozenset(found - {""}), frozenset(spoken_words(*texts)))


def person_texts(first_name: str | None, last_name: str | None) -> list[str]:
    """A person's name as it is asked for; where it is written without blanks, also in one piece, either way round."""
    first, last = first_name or "", last_name or ""
    texts = [f"{first} {last}".strip()]
    if first and last and is_spaceless(first) and is_spaceless(last):
        texts += [f"{last}{first}", f"{first}{last}"]
    return texts


def quote(word: str) -> str:
    """A word as a literal of ``tsvector`` and ``tsquery``."""
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
