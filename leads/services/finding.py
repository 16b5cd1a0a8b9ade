"""The search over companies, contacts, leads and deals: their words are kept up with every write, and looked up.

Exact and beginning words first, by the index over ``search_words``; where nothing is found, the words that may have been
meant (``leads.finding.vocabulary``). Everything starts from what the reader sees, and no hit list is ever sorted whole:
``CANDIDATES`` rows are fetched and put in order here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, models, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Value
from psycopg import sql
from typing_extensions import override

from accounts.models import User
from crm.core import clock, policy, work
from crm.core.sweeps import Sweep, register
from leads.finding.asking import Asked, read
from leads.finding.vocabulary import vocabulary
from leads.finding.words import Words, parts, person_texts, words_of
from leads.models import Company, Contact, Deal, Email, Lead, Phone, Record, Site, StaleWords

CATCH_UP = "leads.catch_up_words"
CANDIDATES = 100
COMMON_BEGINNING = 2
AT_ONCE = 2_000
KINDS: dict[str, type[Record]] = {"company": Company, "contact": Contact, "lead": Lead, "deal": Deal}

# --- Writing ---------------------------------------------------------------------------------------------------------


def index_words(*records: Record) -> None:
    """Bring the search words of ``records`` up to date, inside the transaction that wrote them.

    One read per kind of record and one write for all: give a company, its contact and their lead together.
    """
    ids: dict[type[Record], list[UUID]] = defaultdict(list)
    for record in records:
        ids[type(record)].append(record.pk)
    _store({model: _words_by_id(model, keys) for model, keys in ids.items()})


def index_many(model: type[Record], ids: Sequence[UUID]) -> None:
    """The same for many records of one kind: a few statements per ``AT_ONCE`` rows. For imports and repairs."""
    for place in range(0, len(ids), AT_ONCE):
        with transaction.atomic():
            _store({model: _words_by_id(model, ids[place : place + AT_ONCE])})


def learn_words(texts: Iterable[str]) -> None:
    """Enter words into the vocabulary: for who writes ``search_words`` by COPY."""
    vocabulary.add(texts)


def _store(words: Mapping[type[Record], Mapping[UUID, Words]], *, follow: bool = True) -> None:
    spoken: set[str] = set()
    for model, by_id in words.items():
        if not by_id:
            continue
        for found in by_id.values():
            spoken |= found.spoken
        for marker in _update(model, by_id, follow=follow):
            work.enqueue(CATCH_UP, str(marker))
    _speak_after_commit(spoken)


def _speak_after_commit(spoken: Collection[str]) -> None:
    """Words enter the vocabulary when their record is there. Outside its transaction: see ``Vocabulary.add``."""

    def speak() -> None:
        vocabulary.add(spoken)

    if spoken:
        transaction.on_commit(speak, robust=True)


# Rows whose words stay the same are not written. What was findable before and changed leaves a marker, in this transaction.
_UPDATE = sql.SQL(
    "WITH given AS (SELECT * FROM unnest(%(ids)s::uuid[], %(vectors)s::text[]) AS pair (id, vector)),"
    " written AS ("
    "  UPDATE {table} AS row SET search_words = given.vector::tsvector"
    "  FROM given JOIN {table} AS old ON old.id = given.id"
    "  WHERE row.id = given.id AND row.search_words IS DISTINCT FROM given.vector::tsvector"
    "  RETURNING row.id, old.search_words IS NOT NULL AS was_found)"
    " INSERT INTO leads_stalewords (of, record_id, due_at, kind, after)"
    " SELECT %(of)s, id, %(now)s, 'contact', '00000000-0000-0000-0000-000000000000'"
    " FROM written WHERE was_found AND %(follow)s RETURNING id"
)


def _update(model: type[Record], words: Mapping[UUID, Words], *, follow: bool) -> list[int]:
    """Write the words; returns the markers left for the records that are found by the same words."""
    of = model._meta.model_name or ""
    values: dict[str, Any] = {
        "ids": list(words),
        "vectors": [found.vector for found in words.values()],
        "of": of[:7],
        "now": clock.now(),
        "follow": follow and of in StaleWords.Of.values,
    }
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE.format(table=sql.Identifier(model._meta.db_table)), values)
        return [number for (number,) in cursor.fetchall()]


# --- The texts of each kind -----------------------------------------------------------------------------------------


def _all_of(rows: QuerySet[Any], column: str, **holder: Any) -> ArraySubquery:
    return ArraySubquery(rows.filter(**holder).order_by().values(column))


class CompanyTexts(NamedTuple):
    """What a company is found by; None everywhere for no company."""

    name: str | None
    domain: str | None
    external_id: str | None
    cities: list[str]
    phones: list[str]
    emails: list[str]

    @classmethod
    def columns(cls, prefix: str = "") -> list[Any]:
        company = OuterRef(f"{prefix}pk" if not prefix else prefix.removesuffix("__"))
        own = [F(f"{prefix}{name}") for name in ("name", "domain", "external_id")]
        return [
            *own,
            _all_of(Site.objects.all(), "city", company=company),
            _all_of(Phone.objects.all(), "number", company=company),
            _all_of(Email.objects.all(), "address", company=company),
        ]

    @property
    def words(self) -> Words:
        return words_of(
            names=[self.name, *self.cities],
            emails=self.emails,
            phones=self.phones,
            ids=[self.external_id],
            domain=self.domain or "",
        )

    @property
    def where(self) -> Words:
        """What its people are found by. The switchboard is the company's own."""
        return words_of(names=[self.name, *self.cities], domain=self.domain or "")


class PersonTexts(NamedTuple):
    """What a contact itself is found by; None everywhere for no contact."""

    first_name: str | None
    last_name: str | None
    external_id: str | None
    phones: list[str]
    emails: list[str]

    @classmethod
    def columns(cls, prefix: str = "") -> list[Any]:
        contact = OuterRef(f"{prefix}pk" if not prefix else prefix.removesuffix("__"))
        own = [F(f"{prefix}{name}") for name in ("first_name", "last_name", "external_id")]
        return [
            *own,
            _all_of(Phone.objects.all(), "number", contact=contact),
            _all_of(Email.objects.all(), "address", contact=contact),
        ]

    @property
    def words(self) -> Words:
        return words_of(
            names=person_texts(self.first_name, self.last_name),
            emails=self.emails,
            phones=self.phones,
            ids=[self.external_id],
        )


NO_COMPANY = CompanyTexts(None, None, None, [], [], [])
NO_PERSON = PersonTexts(None, None, None, [], [])


def texts_of(*, contact: UUID | None = None, company: UUID | None = None) -> tuple[PersonTexts, CompanyTexts]:
    """What is stored of a contact and a company: one query where the contact works there, at most two."""
    person, place = NO_PERSON, NO_COMPANY
    if contact is not None:
        columns = [*PersonTexts.columns(), "company_id", *CompanyTexts.columns("company__")]
        row = Contact.objects.order_by().values_list(*columns).get(pk=contact)
        person = PersonTexts(*row[:_PERSON])
        if row[_PERSON] == company:
            place, company = CompanyTexts(*row[_PERSON + 1 :]), None
    if company is not None:
        place = CompanyTexts(*Company.objects.order_by().values_list(*CompanyTexts.columns()).get(pk=company))
    return person, place


def born_with(record: Record, words: Words) -> None:
    """Give a record that is not stored yet its search words, so that its own INSERT writes them.

    ``index_words`` need not be called for it then; the vocabulary learns the words after commit.
    """
    record.search_words = words.vector
    _speak_after_commit(words.spoken)


def company_words(texts: CompanyTexts) -> Words:
    return texts.words


def contact_words(person: PersonTexts, company: CompanyTexts) -> Words:
    """A contact by its own texts and by where it works."""
    return person.words | company.where


def lead_words(person: PersonTexts, company: CompanyTexts, external_id: str) -> Words:
    return person.words | company.words | words_of(ids=[external_id])


def deal_words(person: PersonTexts, company: CompanyTexts, name: str, external_id: str) -> Words:
    return person.words | company.words | words_of(names=[name], ids=[external_id])


_PERSON = len(PersonTexts._fields)
_COMPANY = len(CompanyTexts._fields)


def _words_by_id(model: type[Record], ids: Sequence[UUID]) -> dict[UUID, Words]:
    rows = model._default_manager.filter(pk__in=ids).order_by()
    if model is Company:
        return {
            row[0]: company_words(CompanyTexts(*row[1:])) for row in rows.values_list("pk", *CompanyTexts.columns())
        }
    if model is Contact:
        columns = [*PersonTexts.columns(), *CompanyTexts.columns("company__")]
        return {row[0]: contact_words(*_both(row[1:])) for row in rows.values_list("pk", *columns)}
    columns = [*PersonTexts.columns("contact__"), *CompanyTexts.columns("company__")]
    if model is Lead:
        found = rows.values_list("pk", "external_id", *columns)
        return {row[0]: lead_words(*_both(row[2:]), row[1]) for row in found}
    found = rows.values_list("pk", "name", "external_id", *columns)
    return {row[0]: deal_words(*_both(row[3:]), row[1], row[2]) for row in found}


def _both(columns: Sequence[Any]) -> tuple[PersonTexts, CompanyTexts]:
    return PersonTexts(*columns[:_PERSON]), CompanyTexts(*columns[_PERSON : _PERSON + _COMPANY])


# --- Catching up -----------------------------------------------------------------------------------------------------

# In this order; a company's people first, then what is on both.
_FOLLOWS: dict[str, tuple[str, ...]] = {"company": ("contact", "lead", "deal"), "contact": ("lead", "deal")}


@register
class CatchUp(Sweep):
    """The records found by a company's or contact's words take over its new ones, ``AT_ONCE`` at a time."""

    name = CATCH_UP
    model = StaleWords

    @override
    def due(self, now: datetime) -> QuerySet[StaleWords]:
        return StaleWords.objects.filter(due_at__lte=now)

    @override
    def run_one(self, row: StaleWords) -> None:
        kinds = _FOLLOWS[row.of]
        kind = row.kind if row.kind in kinds else kinds[0]
        model = KINDS[kind]
        rows = model._default_manager.filter(**{row.of: row.record_id}, pk__gt=row.after)
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        # What is on a contact has the company's words from the company itself: nothing follows from here.
        _store({model: _words_by_id(model, ids)}, follow=False)
        if len(ids) == AT_ONCE:
            row.kind, row.after = kind, ids[-1]
        elif kind != kinds[-1]:
            row.kind, row.after = kinds[kinds.index(kind) + 1], UUID(int=0)
        else:
            row.delete()
            return
        row.save(update_fields=["kind", "after"])

    @override
    def put_off(self, row: StaleWords, error: Exception) -> None:
        later = clock.now() + self.late_after
        StaleWords.objects.filter(pk=row.pk).update(due_at=later)


@work.job(CATCH_UP)
def catch_up(marker: str) -> None:
    """Follow one change through; the sweep does the same for those whose bell nobody heard."""
    sweep = CatchUp()
    while sweep.run_by_key(marker):
        pass


# --- Looking up ------------------------------------------------------------------------------------------------------


class _Query(models.Func):
    """A text of ours as ``tsquery``: no dictionary, no stemming."""

    template = "(%(expressions)s)::tsquery"
    output_field = models.TextField()


class _Has(models.Func):
    """Whether ``search_words`` fits a query."""

    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = models.BooleanField()


def has_words(asked: str) -> Q:
    """The condition of a text in the form of ``tsquery``, as ``Asked`` makes them."""
    return Q(_Has(F("search_words"), _Query(Value(asked))))


def find(reader: User, query: str, kind: str, limit: int) -> list[Any]:
    """The records of ``kind`` (``companies contacts leads deals``) that ``reader`` sees and ``query`` fits, best first.

    Contacts carry ``company``; leads and deals ``contact``, ``company`` and ``owner``.
    """
    ids = find_ids(reader, query, kind, limit)
    rows = _KINDS[kind].loaded().in_bulk(ids)
    return [rows[pk] for pk in ids if pk in rows]


def find_ids(reader: User, query: str, kind: str, limit: int) -> list[UUID]:
    """The same as ids alone: for a list that goes on filtering."""
    asked = read(query)
    if asked.is_empty:
        return []
    rows, most = _KINDS[kind].seen(reader), max(CANDIDATES, limit)
    sees_all = policy.visibility(_KINDS[kind].model, reader) == policy.EVERYTHING
    with _by_index(asked):
        found = _look_up(rows, asked, most, sees_all=sees_all)
    if not found and (meant := asked.meant(vocabulary.meant)):
        with _by_index(asked):
            found = list(rows.filter(has_words(meant))[:most])
    return [row[0] for row in sorted(found, key=partial(_place, asked))[:limit]]


@contextmanager
def _by_index(asked: Asked) -> Iterator[None]:
    """Keep the planner to the index over words.

    It takes each word for half a per cent of the table and a match for as cheap as a comparison, and so reads whole
    tables for the first hundred of few hits. For two letters it is right: nearly every page has one.
    """
    if asked.telling_letters <= COMMON_BEGINNING:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        yield
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = on")


def _look_up(rows: QuerySet[Any, Any], asked: Asked, most: int, *, sees_all: bool) -> list[Any]:
    """All that fit by beginnings, when they are few; when they are many, whole words before the rest.

    Several words that very many share are asked for as whole words first: the index finds them in a fraction of the time
    of all that begins so. Only where nothing hides what it finds, though: else both would be asked in vain.
    """
    if sees_all and len(asked.words) > 1 and asked.whole:
        exact = list(rows.filter(has_words(asked.whole))[:most])
        if len(exact) == most:
            return exact
    found = list(rows.filter(has_words(asked.beginnings))[:most])
    if len(found) < most or not asked.whole:
        return found
    exact = list(rows.filter(has_words(asked.whole))[:most])
    there = {row[0] for row in exact}
    return exact + [row for row in found if row[0] not in there]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind is looked up and loaded. ``names`` are the columns of its name, ``over`` the states that stand last."""

    model: type[Record]
    names: tuple[str, ...]
    related: tuple[str, ...] = ()
    state: str = ""
    over: frozenset[str] = frozenset()
    merges: bool = False

    def seen(self, reader: User) -> QuerySet[Any, Any]:
        """What ``reader`` sees as light rows (id, when made, whether over, names …): many are looked at, few are shown."""
        rows = self.model._default_manager.visible_to(reader).order_by()  # type: ignore[attr-defined]
        if self.merges:
            rows = rows.filter(merged_into=None)
        over: Any = Q(**{f"{self.state}__in": self.over}) if self.over else Value(False)
        is_over = models.ExpressionWrapper(over, models.BooleanField())
        light: QuerySet[Any, Any] = rows.values_list("pk", "created_at", is_over, *self.names)
        return light

    def loaded(self) -> QuerySet[Any]:
        unread = [
            f"{prefix}search_words" for prefix in ("", *(f"{name}__" for name in self.related if name != "owner"))
        ]
        return self.model._default_manager.select_related(*self.related).defer(*unread)


_ON_BOTH = ("contact", "company", "owner")
_KINDS = {
    "companies": _Kind(Company, ("name",), merges=True),
    "contacts": _Kind(Contact, ("first_name", "last_name"), ("company",), merges=True),
    "leads": _Kind(
        Lead,
        ("contact__first_name", "contact__last_name", "company__name"),
        _ON_BOTH,
        "status",
        frozenset({Lead.Status.QUALIFIED, Lead.Status.DISQUALIFIED}),
    ),
    "deals": _Kind(Deal, ("name",), _ON_BOTH, "state", frozenset({Deal.State.WON, Deal.State.LOST})),
}


def _place(asked: Asked, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Names that are what was asked, then that begin so, then those with its words; open before over, newest first."""
    _pk, made, is_over, *names = row
    words = parts(" ".join(filter(None, names)))
    plain = " ".join(words)
    return (
        plain != asked.plain,
        not plain.startswith(asked.plain),
        -sum(word in words for word in asked.words),
        is_over,
        -made.timestamp(),
    )
