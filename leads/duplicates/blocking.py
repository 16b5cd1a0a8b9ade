"""Which pairs are worth a look: records that share a telling key.

A key is a short text ``<kind>:<value>``. Exact keys (e-mail, phone, external id) count alone; the others (sound of a
name, rare word, postcode with something else) earn the more the fewer records hold them, so a common surname together with a common
street is worth what one rare word is.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from leads.duplicates.records import Record, sounds_like, words

# A key held by more records than this tells nothing and is passed over (this bounds the work).
LARGEST_BLOCK = 60
MOST_PARTNERS = 30
# Partners whose shared keys are worth less than this share of what one unique key is worth are not looked at.
LEAST_WORTH = 0.6
STRONG_KINDS = frozenset({"mail", "phone", "external"})


Maker = Callable[[Record], Iterator[str]]


def exact_keys(record: Record) -> Iterator[str]:
    """What is the same or not."""
    yield from (f"mail:{email}" for email in record.emails)
    yield from (f"phone:{phone}" for phone in record.phones)
    yield from (f"domain:{domain}" for domain in record.domains)
    yield from (f"external:{identifier}" for identifier in record.external)


def person_keys(record: Record) -> Iterator[str]:
    """Names in either order (people and files swap them), by sound, and each with its surroundings."""
    parts = [*words(record.given_name), *words(record.family_name)]
    sounds = sorted({sounds_like(part) for part in parts} - {""})
    yield from (f"sound:{sound}" for sound in sounds)
    if len(sounds) > 1:
        yield f"person:{'+'.join(sounds)}"
    if record.name_words:
        firm = sounds_like(record.name_words[0])
        yield from (f"sound-firm:{sound}+{firm}" for sound in sounds)
    if record.postcode:
        yield from (f"sound-post:{sound}+{record.postcode}" for sound in sounds)
    if record.city_text:
        yield from (f"sound-city:{sound}+{sounds_like(record.city_text.replace(' ', ''))}" for sound in sounds)
    for number in record.house_numbers:
        yield from (f"sound-number:{sound}+{number}" for sound in sounds)


def name_keys(record: Record) -> Iterator[str]:
    """Words of a company's or an article's name, as written and by sound; codes whole and by their beginning."""
    yield from (f"word:{word}" for word in set(record.name_words))
    yield from (f"code:{code}" for code in record.codes)
    yield from (f"code-begin:{code[:6]}" for code in record.codes if len(code) >= 7)
    telling = sorted({sounds_like(word) for word in record.name_words if len(word) > 2} - {""})
    yield from (f"name-sound:{sound}" for sound in telling)
    if record.details:
        yield from (f"detail:{word}" for word in record.detail_words if len(word) > 2)


def address_keys(record: Record) -> Iterator[str]:
    """Street with and without the house number, postcode with number or town."""
    for word in record.street_words:
        if len(word) > 3:
            yield f"street:{word}"
            yield from (f"door:{word}+{number}" for number in record.house_numbers)
    if record.place_text:
        yield f"place:{record.place_text.replace(' ', '')}"
    if record.postcode:
        yield from (f"post-number:{record.postcode}+{number}" for number in record.house_numbers)
        if record.city_text:
            yield f"post-city:{record.postcode}+{sounds_like(record.city_text.replace(' ', ''))}"


ALL_MAKERS: tuple[Maker, ...] = (exact_keys, person_keys, name_keys, address_keys)


def keys_of(record: Record, makers: Sequence[Maker] = ALL_MAKERS) -> frozenset[str]:
    """The blocking keys of a record, as ``<kind>:<value>``."""
    return frozenset(key for make in makers for key in make(record))


def candidate_pairs(records: Sequence[Record], *, across: bool) -> Iterator[tuple[int, int]]:
    """Index pairs (low, high) worth comparing; with ``across`` only between records of different ``source``.

    Each record keeps its ``MOST_PARTNERS`` best partners by the worth of what they share, so the number of pairs grows
    with the number of records and not with its square.
    """
    blocks = _blocks(records)
    rarest = math.log(max(len(records), 2))
    holders: list[list[tuple[float, list[int]]]] = [[] for _ in records]
    for key, block in blocks.items():
        worth = rarest if key.partition(":")[0] in STRONG_KINDS else rarest - math.log(len(block) / 2)
        for index in block:
            holders[index].append((worth, block))
    seen: set[tuple[int, int]] = set()
    for index, shared in enumerate(holders):
        worths: Counter[int] = Counter()
        for worth, block in shared:
            for other in block:
                worths[other] += worth  # type: ignore[assignment]
        del worths[index]
        if across:
            own = records[index].source
            partners = [item for item in worths.items() if records[item[0]].source != own]
        else:
            partners = list(worths.items())
        partners = [item for item in partners if item[1] >= LEAST_WORTH * rarest]
        partners.sort(key=lambda item: -item[1])
        seen.update((min(index, other), max(index, other)) for other, _worth in partners[:MOST_PARTNERS])
    yield from sorted(seen)


def _blocks(records: Sequence[Record]) -> dict[str, list[int]]:
    blocks: dict[str, list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        for key in keys_of(record):
            blocks[key].append(index)
    return {key: block for key, block in blocks.items() if 1 < len(block) <= LARGEST_BLOCK}
