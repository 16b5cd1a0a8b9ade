"""What somebody typed into the search, as text queries of the database. Built here from cut words, never from raw input."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from crm.core.text import fold
from leads.finding.words import SHORTEST_FRAGMENT, digits_of, is_spaceless, pairs, parts, quote

MOST_WORDS = 8
# A number as people write it: digits and what stands between them.
_NUMBER = re.compile(r"[+(]?\d[\d\s().\-/+]*\d")
_TRUNK = re.compile(r"\(0\)")
_LONG_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Asked:
    """``words`` in order, ``fragments`` of telephone numbers (alternative spellings of one), ``address`` of an e-mail."""

    words: tuple[str, ...] = ()
    fragments: tuple[str, ...] = ()
    address: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.fragments or self.address)

    @property
    def plain(self) -> str:
        return " ".join(self.words)

    @property
    def telling_letters(self) -> int:
        """Letters of the longest word: what narrows the search most."""
        return max(map(len, (*self.words, *self.fragments, self.address)))

    @property
    def whole(self) -> str:
        """Every word as a whole; empty where nothing is a plain word."""
        return " & ".join(_exactly(word) for word in self.words)

    @property
    def beginnings(self) -> str:
        """Every word begins one of the record's, or the number is part of one of its numbers, or it is the address."""
        return self._with(" & ".join(_beginning(word) for word in self.words))

    def meant(self, guess: Callable[[str], list[str]]) -> str:
        """The same with the words that ``guess`` takes them for; empty when it has no other idea for any of them.

        What merely begins with a word is none: that was looked for already.
        """
        guesses = {
            word: [other for other in guess(word) if not other.startswith(word)]
            for word in self.words
            if not is_spaceless(word)
        }
        if not any(guesses.values()):
            return ""
        return " & ".join(
            "(" + " | ".join([_beginning(word), *map(quote, guesses.get(word, []))]) + ")" for word in self.words
        )

    def _with(self, words: str) -> str:
        choices = [f"({words})"] if words else []
        choices += [f"{quote(fragment)}:*" for fragment in self.fragments]
        choices += [f"{quote(self.address)}:*"] if self.address else []
        return " | ".join(choices)


def read(query: str) -> Asked:
    """Cut a query as records are cut. ``"Dupont 04 72"``: two words and a number are three words; ``"04 72 00"`` is a number."""
    plain = fold(query).strip()
    words = tuple(dict.fromkeys(parts(query)))[:MOST_WORDS]
    address = plain if "@" in plain and " " not in plain else ""
    return Asked(words, fragments(query), address)


def fragments(query: str) -> tuple[str, ...]:
    """The digits of a number alone in a query, as they may stand in an E.164 number.

    Without the trunk prefix (``0``, ``(0)``, in some countries another digit) and without ``00`` before the country.
    """
    text = query.strip()
    if not _NUMBER.fullmatch(text):
        return ()
    digits = digits_of(_TRUNK.sub("", text))
    spellings = [digits, digits.lstrip("0")]
    if len(digits) > _LONG_NUMBER and not text.startswith(("+", "00")):
        spellings += [digits[1:]]
    return tuple(dict.fromkeys(spelling for spelling in spellings if len(spelling) >= SHORTEST_FRAGMENT))


def _exactly(word: str) -> str:
    return " & ".join(map(quote, pairs(word)[:-1] or [word])) if is_spaceless(word) else quote(word)


def _beginning(word: str) -> str:
    if is_spaceless(word) and len(word) > 1:
        return _exactly(word)
    return f"{quote(word)}:*"
