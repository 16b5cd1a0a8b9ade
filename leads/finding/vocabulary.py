"""The distinct words of all names, held by each process, to find what somebody meant to type.

Compared by rapidfuzz (optimal string alignment: a letter wrong, missing, too much, or two swapped). The vocabulary grows
far slower than the rows, and only words of nearly the same length are looked at.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from leads.models import Word

MOST_MEANT = 12
FRESH_SECONDS = 5.0
WHOLE_SECONDS = 900.0
# Numbers are given before they are committed: a little below the last one seen is read again.
OVERLAP = 1_000
INSERT_AT_ONCE = 2_000
MOST_REMEMBERED = 1_000


def errors_forgiven(word: str) -> int:
    """None in two letters, one in a short word, two in a longer one."""
    return 0 if len(word) < 3 else 1 if len(word) < 6 else 2


class Vocabulary:
    """Thread-safe; ``meant`` and ``add`` are all that is asked of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Start again from nothing, as a new process does."""
        self._known: set[str] = set()
        # By this process since it last read: a lead, its contact and its company share most of theirs.
        self._written: set[str] = set()
        self._by_length: dict[int, list[str]] = defaultdict(list)
        self._by_letter: dict[str, list[str]] = defaultdict(list)
        # Asked for every kind of record in turn: what was guessed holds until a word is added.
        self._meant: dict[str, list[str]] = {}
        self._last_id = 0
        self._read_at = self._whole_at = float("-inf")

    def meant(self, typed: str) -> list[str]:
        """Words that ``typed`` may have been meant as, likeliest first; the beginning of a longer word counts too."""
        forgiven = errors_forgiven(typed)
        if not forgiven:
            return []
        self._refresh()
        found = self._meant.get(typed)
        if found is None:
            found = self._meant[typed] = self._guess(typed, forgiven)
        return found

    def _guess(self, typed: str, forgiven: int) -> list[str]:
        near: dict[str, float] = {}
        for length in range(len(typed) - forgiven, len(typed) + forgiven + 1):
            near.update(self._nearest(typed, self._by_length.get(length, []), forgiven))
        for word, distance in self._beginnings(typed, forgiven):
            near.setdefault(word, distance + 0.5)
        return sorted(near, key=lambda word: (near[word], abs(len(word) - len(typed)), word))[:MOST_MEANT]

    def _beginnings(self, typed: str, forgiven: int) -> list[tuple[str, float]]:
        """Longer words that begin nearly like ``typed``: somebody is still typing. The first letter must be right."""
        longer = [word for word in self._by_letter.get(typed[0], []) if len(word) > len(typed) + 1]
        heads: dict[str, list[str]] = defaultdict(list)
        for word in longer:
            heads[word[: len(typed)]].append(word)
        near = self._nearest(typed, list(heads), min(forgiven, 1))
        return [(word, distance) for head, distance in near for word in heads[head]]

    @staticmethod
    def _nearest(typed: str, words: list[str], forgiven: int) -> list[tuple[str, float]]:
        found = process.extract(typed, words, scorer=OSA.distance, score_cutoff=forgiven, limit=4 * MOST_MEANT)
        return [(word, float(distance)) for word, distance, _ in found]

    # -- keeping up --

    def add(self, words: Iterable[str]) -> int:
        """Write words that are new, in their own short statement; returns how many were.

        Never inside the transaction of a record: two that meet the same new word would wait for each other.
        """
        with self._lock:
            new = sorted({word for word in words if word not in self._known and word not in self._written})
            if new:
                self._read_at = float("-inf")
        for place in range(0, len(new), INSERT_AT_ONCE):
            Word.objects.bulk_create(
                [Word(text=word) for word in new[place : place + INSERT_AT_ONCE]], ignore_conflicts=True
            )
        with self._lock:
            self._written.update(new)
        return len(new)

    def _refresh(self) -> None:
        now = time.monotonic()
        with self._lock:
            if now - self._read_at < FRESH_SECONDS:
                return
            if now - self._whole_at > WHOLE_SECONDS:
                self._last_id, self._whole_at = 0, now
            self._read_at = now
            self._written.clear()
            if len(self._meant) > MOST_REMEMBERED:
                self._meant.clear()
            rows = Word.objects.filter(id__gt=self._last_id - OVERLAP).order_by("id").values_list("id", "text")
            for number, text in rows.iterator(chunk_size=20_000):
                self._last_id = max(self._last_id, number)
                if text not in self._known:
                    self._meant.clear()
                    self._known.add(text)
                    self._by_length[len(text)].append(text)
                    self._by_letter[text[0]].append(text)


vocabulary = Vocabulary()
