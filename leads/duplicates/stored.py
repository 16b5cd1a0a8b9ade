"""Blocking keys in Postgres, and the candidates that share them: no extension, no scan, the same work at any size.

A key is stored as a 64-bit hash. One query asks for the holders of all keys of a record, at most ``LARGEST_BLOCK`` of each
and one more, which shows that a key is too common to tell anything; the few best holders are compared in Python.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db import connection

from leads.duplicates import loading
from leads.duplicates.blocking import (
    STRONG_KINDS,
    Maker,
    address_keys,
    exact_keys,
    keys_of,
    name_keys,
    person_keys,
)
from leads.duplicates.comparing import Rarity
from leads.duplicates.matching import SUGGESTED_FROM, Match, Reason, compare
from leads.duplicates.records import Record, sounds_like, words
from leads.models import Company, CompanyKey, Contact, ContactKey

LARGEST_BLOCK = 60
# A key above the cap is taken to be this many times as common as the cap.
COMMON = 20
MOST_COMPARED = 30


@dataclass(frozen=True, slots=True)
class Candidate:
    """A standing record that is probably the same: its id, the probability (0 to 1), the reasons strongest first.

    ``is_automatic``: so sure, on a name and two more facts, that a machine may take them for one.
    """

    id: UUID
    score: float
    reasons: tuple[Reason, ...]
    is_automatic: bool


@dataclass(frozen=True)
class Side:
    """What differs between companies and contacts."""

    model: type[Company | Contact]
    keys: type[CompanyKey | ContactKey]
    column: str
    makers: tuple[Maker, ...]
    kinds: frozenset[str]
    load: Callable[[Iterable[UUID]], dict[UUID, Record]]
    is_plausible: Callable[[Match], bool]


def _company_is_plausible(match: Match) -> bool:
    """Two firms in one building, or of one owner, are two: without a likeness of the names nothing is suggested."""
    return (match.similarity("name") or 0) >= 0.4 or match.similarity("external") == 1.0


def _contact_is_plausible(match: Match) -> bool:
    """Relatives and colleagues share much: another first name needs the same mailbox or phone; another surname too."""
    given, family = match.similarity("given_name"), match.similarity("family_name")
    shared = 1.0 in (match.similarity("emails"), match.similarity("phones"), match.similarity("external"))
    different = [alike is not None and alike < 0.8 for alike in (given, family)]
    return not all(different) and (shared or not any(different))


COMPANIES = Side(
    Company,
    CompanyKey,
    "company_id",
    (exact_keys, name_keys, address_keys),
    STRONG_KINDS | {"domain", "name-sound", "door", "post-number"},
    loading.company_records,
    _company_is_plausible,
)
CONTACTS = Side(
    Contact,
    ContactKey,
    "contact_id",
    (exact_keys, person_keys),
    STRONG_KINDS | {"sound", "person", "sound-firm", "sound-post"},
    loading.contact_records,
    _contact_is_plausible,
)


def side_of(model: type[Company | Contact]) -> Side:
    return COMPANIES if issubclass(model, Company) else CONTACTS


def hashed(key: str) -> int:
    """A key as the database holds it: the first 64 bits of its BLAKE2b, signed."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True)


def stored_keys(side: Side, record: Record) -> dict[int, str]:
    """The keys of a record that are kept for its side: hash to text."""
    return {hashed(key): key for key in keys_of(record, side.makers) if key.partition(":")[0] in side.kinds}


# --- Writing ---------------------------------------------------------------------------------------------------------


def rewrite(side: Side, records: Mapping[UUID, Record]) -> None:
    """Make the stored keys of these records what they should be; rows that are right already stay."""
    wanted = {(holder, key) for holder, record in records.items() for key in stored_keys(side, record)}
    rows = side.keys._base_manager.filter(**{f"{side.column}__in": list(records)})
    present = {(holder, key): row for row, holder, key in rows.values_list("pk", side.column, "key")}
    surplus = [row for pair, row in present.items() if pair not in wanted]
    if surplus:
        side.keys._base_manager.filter(pk__in=surplus).delete()
    add(side, sorted(wanted - present.keys()))


def add(side: Side, pairs: Sequence[tuple[UUID, int]]) -> None:
    """Insert (holder, key) rows; one that a neighbour wrote in the meantime is enough."""
    made = [side.keys(**{side.column: holder, "key": key}) for holder, key in pairs]
    side.keys._base_manager.bulk_create(made, batch_size=5_000, ignore_conflicts=True)  # type: ignore[arg-type]


# --- Asking ----------------------------------------------------------------------------------------------------------


def candidates_for_company(record: Record, *, but: Collection[UUID] = (), limit: int = 5) -> list[Candidate]:
    """Standing companies that are probably this one, best first; ``but`` are ids that are not meant."""
    return candidates(COMPANIES, record, but=but, limit=limit)


def candidates_for_contact(record: Record, *, but: Collection[UUID] = (), limit: int = 5) -> list[Candidate]:
    """Standing contacts that are probably this one, best first; ``but`` are ids that are not meant."""
    return candidates(CONTACTS, record, but=but, limit=limit)


def candidates(side: Side, record: Record, *, but: Collection[UUID] = (), limit: int = 5) -> list[Candidate]:
    """The best candidates from ``SUGGESTED_FROM`` up: six to eight queries, whatever the size of the tables.

    What a merged record was known by still finds the one that was kept.
    """
    blocks = _blocks(side, stored_keys(side, record))
    total = _estimated_rows(side)
    holders = _best_holders(blocks, total, {*but, record.key})
    if not holders:
        return []
    rarity = _rarity(record, blocks, total)
    records = side.load(holders)
    standing = standing_ids(side.model, holders)
    best: dict[UUID, Match] = {}
    for holder, other in records.items():
        match, kept = compare(record, other, rarity), standing[holder]
        if match.score < SUGGESTED_FROM or kept in but or kept == record.key or not side.is_plausible(match):
            continue
        if kept not in best or match.log_odds > best[kept].log_odds:
            best[kept] = match
    ranked = sorted(best.items(), key=lambda item: (-item[1].log_odds, item[0]))
    return [Candidate(kept, match.score, match.reasons, match.is_automatic) for kept, match in ranked[:limit]]


Blocks = dict[str, list[UUID]]


def _blocks(side: Side, keys: Mapping[int, str]) -> Blocks:
    """Who holds each key: up to ``LARGEST_BLOCK`` + 1 of each, from the index alone, in one query."""
    if not keys:
        return {}
    table, column = side.keys._meta.db_table, side.column
    query = f"""
        SELECT asked.key, holder.{column}
        FROM unnest(%s::bigint[]) AS asked(key)
        CROSS JOIN LATERAL (
            SELECT {column} FROM {table} WHERE {table}.key = asked.key ORDER BY {table}.key, {column} LIMIT %s
        ) AS holder
    """  # noqa: S608 (names from the model, values as parameters)
    blocks: Blocks = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(query, [list(keys), LARGEST_BLOCK + 1])
        for key, holder in cursor.fetchall():
            blocks[keys[key]].append(holder)
    return blocks


def _best_holders(blocks: Blocks, total: int, but: Collection[object]) -> list[UUID]:
    """The records that share the most telling keys."""
    worths: Counter[UUID] = Counter()
    for key, holders in blocks.items():
        if len(holders) > LARGEST_BLOCK:
            continue
        strong = key.partition(":")[0] in STRONG_KINDS
        worth = math.log(total) if strong else math.log(total / len(holders))
        for holder in holders:
            worths[holder] += worth  # type: ignore[assignment]
    return [holder for holder, _worth in worths.most_common(MOST_COMPARED + len(but)) if holder not in but][
        :MOST_COMPARED
    ]


def _rarity(record: Record, blocks: Blocks, total: int) -> Rarity:
    """How common this record's own words and names are, as far as the blocks tell."""

    def holders(kind: str, word: str) -> int:
        found = len(blocks.get(f"{kind}:{sounds_like(word)}", ()))
        return found if found <= LARGEST_BLOCK else LARGEST_BLOCK * COMMON

    counted = {word: holders("name-sound", word) for word in record.name_words}
    values = {
        (field, text): max(holders("sound", word) for word in words(text))
        for field, text in (("given_name", record.given), ("family_name", record.family))
        if words(text)
    }
    return Rarity(counted, total, {value: count for value, count in values.items() if count})


def _estimated_rows(side: Side) -> int:
    """How many records there are, as Postgres estimates; never a count."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [side.model._meta.db_table])
        rows: int = cursor.fetchone()[0]
    return max(rows, 1000)


def standing_ids(model: type[Company | Contact], ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Each id with that of the record it was merged into in the end; one that stands answers for itself.

    One query per step of the longest chain of merges among them, which is rarely two.
    """
    found = {identifier: identifier for identifier in ids}
    open_ids = set(found)
    while open_ids:
        rows = model._base_manager.filter(pk__in=open_ids, merged_into__isnull=False)
        steps = dict(rows.values_list("pk", "merged_into_id"))
        found = {start: steps.get(end, end) for start, end in found.items()}
        open_ids = set(steps.values())
    return found


RecordT = TypeVar("RecordT", Company, Contact)


def standing_for(rows: Iterable[RecordT]) -> list[tuple[RecordT, RecordT]]:
    """Each row with the record that stands for it now: what was found by an old name or id leads to the one that was kept.

    No query where none was merged, else one more per step and one for the kept records.
    """
    found = list(rows)
    gone = [row.pk for row in found if row.merged_into_id]
    if not gone:
        return [(row, row) for row in found]
    ends = standing_ids(type(found[0]), gone)
    kept = type(found[0])._base_manager.in_bulk(set(ends.values()))
    return [(row, kept[ends[row.pk]] if row.merged_into_id else row) for row in found]
