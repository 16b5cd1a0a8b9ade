"""What is derived from the records of a chunk: search words, keys of duplicates, values of own fields, scores that are due.

New records are written with their words and keys, worked out here from what the chunk knows. Records that were there before,
and new ones on something the chunk does not know whole, are read back and indexed as after any other write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction

from leads.duplicates import loading, stored
from leads.duplicates.records import Record as Compared
from leads.finding.words import Words, words_of
from leads.models import Company, Contact, Deal, DuplicateCheck, Lead, LeadScore, Record
from leads.services import custom, duplicates, finding
from leads.services.bulk import parts
from leads.services.bulk.directory import among
from leads.services.bulk.items import Desk
from leads.services.bulk.rows import Copying

HOLDERS: tuple[type[Record], ...] = (Company, Contact, Lead, Deal)
LABELS = frozenset(model._meta.label_lower for model in HOLDERS)
NO_COMPANY = finding.NO_COMPANY.words
NO_PERSON = finding.NO_PERSON.words


class Derived:
    """Of one chunk. ``give_words`` comes before the new records are written, ``copy_keys`` with them, ``keep_up`` after."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.writing = desk, desk.writing
        self._companies: dict[UUID, tuple[Words, Words]] = {}
        self._persons: dict[UUID, Words] = {}
        self._unknown: list[Record] = []
        self._keyless: dict[type[Record], list[UUID]] = {}
        self._spoken = set[str]()

    def give_words(self, label: str) -> None:
        """New records get what they are found by; the vocabulary learns it after commit."""
        if label not in LABELS:
            return
        for record in self.writing.new.get(label, ()):
            words = self._words(record)
            if words is None:
                self._unknown.append(record)
                continue
            record.search_words = words.vector
            self._spoken |= words.spoken

    def _words(self, record: Any) -> Words | None:
        """The words of a new record, None where the chunk does not know everything they come from."""
        if isinstance(record, Company):
            return self._company(record)[0]
        company = self._known(record.company_id)
        if isinstance(record, Contact):
            if record.company_id and company is None:
                return None
            return self._person(record) | self._company(company)[1] if company else self._person(record)
        contact = self._known(record.contact_id)
        if (record.company_id and company is None) or (record.contact_id and contact is None):
            return None
        words = self._person(contact) if contact else NO_PERSON
        words |= self._company(company)[0] if company else NO_COMPANY
        names = [record.name] if isinstance(record, Deal) else []
        return words | words_of(names=names, ids=[record.external_id])

    def _known(self, key: UUID | None) -> Any:
        """The company or contact, when all that it is reached by is known too."""
        record = self.desk.directory.get(key) if key else None
        return record if hasattr(record, "reaches") else None

    def _company(self, company: Any) -> tuple[Words, Words]:
        """What a company is found by, and what its people are."""
        if company.id not in self._companies:
            texts = finding.CompanyTexts(
                company.name,
                company.domain,
                company.external_id,
                [site.city for site in company.places],
                [number for number, _extension in company.reaches.phones],
                list(company.reaches.emails),
            )
            self._companies[company.id] = texts.words, texts.where
        return self._companies[company.id]

    def _person(self, contact: Any) -> Words:
        if contact.id not in self._persons:
            phones = [number for number, _extension in contact.reaches.phones]
            self._persons[contact.id] = finding.PersonTexts(
                contact.first_name, contact.last_name, contact.external_id, phones, list(contact.reaches.emails)
            ).words
        return self._persons[contact.id]

    # --- Duplicates ----------------------------------------------------------------------------------------------------

    def copy_keys(self, copying: Copying) -> None:
        """Keys of duplicates of the new records, and a note that these are to be looked at."""
        self._copy_keys(copying, Company, self._company_record)
        self._copy_keys(copying, Contact, self._contact_record)

    def _copy_keys(
        self, copying: Copying, model: type[Company | Contact], read: Callable[[Any], Compared | None]
    ) -> None:
        side, due = stored.side_of(model), str(self.desk.now)
        found = {row.id: read(row) for row in self.writing.new.get(model._meta.label_lower, [])}
        known = {key: record for key, record in found.items() if record is not None}
        keys = (f"{holder.hex}\t{key}" for holder, record in known.items() for key in stored.stored_keys(side, record))
        copying.lines(side.keys, (side.column, "key"), keys)
        copying.lines(DuplicateCheck, (side.column, "due_at"), (f"{holder.hex}\t{due}" for holder in known))
        self._keyless[model] = list(found.keys() - known.keys())

    @staticmethod
    def _company_record(company: Any) -> Compared:
        numbers = [number for number, _extension in company.reaches.phones]
        return loading.company_record(company, parts.place_of(company), numbers, list(company.reaches.emails))

    def _contact_record(self, contact: Any) -> Compared | None:
        company = self._known(contact.company_id)
        if contact.company_id and company is None:
            return None
        numbers = [number for number, _extension in contact.reaches.phones]
        return loading.contact_record(
            contact,
            company.name if company else "",
            parts.place_of(company) if company else None,
            numbers,
            list(contact.reaches.emails),
        )

    # --- After the records ---------------------------------------------------------------------------------------------

    def keep_up(self) -> None:
        """Own fields, and everything about records that were there before or that the chunk does not know whole."""
        for model in HOLDERS:
            label = model._meta.label_lower
            new, changed = self.writing.new.get(label, []), self.writing.changed.get(label, {})
            records: list[Any] = [*new, *(row for row, _before in changed.values())]
            if own := [(record.id, record.custom) for record in records if record.custom]:
                custom.bulk_write_values(label.partition(".")[2], own)
            if again := [record.id for record in self._unknown if isinstance(record, model)] + list(changed):
                finding.index_many(model, again)
            if keyless := self._keyless.get(model):
                duplicates.write_keys_many(model, keyless, are_new=True)  # type: ignore[arg-type]
            if changed and model in (Company, Contact):
                duplicates.write_keys_many(model, list(changed))
        self._make_scores_due()
        spoken = self._spoken
        transaction.on_commit(lambda: finding.learn_words(spoken), robust=True)

    def _make_scores_due(self) -> None:
        """Of changed leads, and of the leads of changed companies and contacts; new ones are due when they are written."""
        for column, label in (("id", "leads.lead"), ("company_id", "leads.company"), ("contact_id", "leads.contact")):
            if changed := list(self.writing.changed.get(label, {})):
                leads = Lead.objects.filter(among(column, changed))
                LeadScore.objects.filter(lead__in=leads.values("pk")).update(due_at=self.desk.now)
