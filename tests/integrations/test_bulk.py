"""Leads taken in many at a time are what they would be one by one: words, keys, history, and one person stays one."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from crm.core.models import JournalEntry
from crm.integrations.models import ImportRow
from crm.integrations.services import running
from leads.duplicates import stored
from leads.models import (
    Company,
    CompanyKey,
    Contact,
    ContactKey,
    CustomField,
    CustomValue,
    DuplicateCheck,
    Lead,
    LeadScore,
)
from leads.services import finding
from leads.services.intake import receive_enquiry
from tests.factories.leads import CompanyFactory, ContactFactory
from tests.integrations.conftest import run, try_out

LEADS = (
    "First name,Last name,E-mail,Phone,Mobile,Company,Street,City,Postal code,Country,External id,Notes\n"
    "Inès,O'Moreau-Łys,ines@acme.example,04 72 00 00 01,06 11 22 33 44,S.A.R.L. Acmé,1 rue Haute,Lyon,69003,FR,A-1,said\\tso\n"
    "大文,陳,chan@beta.example,,,北京工業,,北京,,CN,A-2,\n"
    "Bob,Old,bob@known.example,,,Known,,,,,A-3,\n"
    ",,,,,Nobody Ltd,,Nice,,,A-4,\n"
    "Inès,O'Moreau-Łys,ines@acme.example,+33 4 72 00 00 02,,,,,,,A-5,\n"
)  # fmt: skip


@pytest.mark.django_db
def test_words_and_keys_are_those_of_any_other_write(bring):
    company = CompanyFactory(name="Known", name_key="known", domain="known.example")
    ContactFactory(company=company, first_name="Bob", last_name="Old", name_key="bob old").emails.create(
        address="Bob@Known.example", key="bob@known.example"
    )
    done = run(bring(LEADS, "leads", country="FR"))
    assert (done.created, done.refused) == (5, 0)
    for model in (Company, Contact, Lead):
        written = dict(model.objects.values_list("pk", "search_words"))
        again = {pk: words for pk, words in written.items() if words is not None}
        finding.index_many(model, list(written))
        assert dict(model.objects.filter(pk__in=again).values_list("pk", "search_words")) == again
        assert len(again) >= 2, f"the new ones of {model.__name__} were written with their words"
    for side, keys in ((stored.COMPANIES, CompanyKey), (stored.CONTACTS, ContactKey)):
        made = DuplicateCheck.objects.exclude(**{side.column: None}).values_list(side.column, flat=True)
        wanted = {(pk, key) for pk, record in side.load(list(made)).items() for key in stored.stored_keys(side, record)}
        assert set(keys.objects.filter(**{f"{side.column}__in": list(made)}).values_list(side.column, "key")) == wanted
        assert wanted


@pytest.mark.django_db
def test_the_journal_says_what_a_single_write_says(bring, admin):
    CustomField.objects.create(holder="lead", key="grade", label="Grade", kind="text")
    run(bring("Last name,E-mail,Notes,Grade\nLee,lee@x.example,a\\b,Gold\n", "leads"))
    changes = JournalEntry.objects.get(event="lead.created").changes
    made = receive_enquiry(actor=admin, last_name="Li", email="li@x.example", notes="a\\b", custom={"grade": "Gold"})
    other = JournalEntry.objects.get(event="lead.created", object_id=made.pk).changes
    for name in ("notes", "custom.grade", "status", "direction"):
        assert changes[name] == other[name], name
    assert JournalEntry.objects.get(event="contact.created", object_id=made.contact_id)


@pytest.mark.django_db
@pytest.mark.parametrize("chunk", [1, 500])
def test_a_value_that_another_record_has_is_refused_in_trial_and_run(bring, monkeypatch, chunk):
    monkeypatch.setattr(running, "CHUNK", chunk)
    CustomField.objects.create(holder="company", key="vat", label="VAT", kind="text", is_unique=True)
    run(bring("name,VAT\nOld,FR1\n", "companies"))
    job = bring("name,VAT\nNew,FR2\nTwin,fr2\nThief,FR1\nOld,FR1\nFree,FR3\n", "companies")
    trial = try_out(job)
    done = run(job)
    assert trial == {"read": 5, "created": 2, "updated": 0, "unchanged": 1, "refused": 2, "skipped": 0}
    assert {"read": done.position, **done.counts} == trial
    refused = ImportRow.objects.filter(job=done, is_trial=False, outcome="refused").values_list(
        "line", "column", "code"
    )
    assert list(refused) == [(3, "VAT", "already_exists"), (4, "VAT", "already_exists")]
    assert set(CustomValue.objects.values_list("unique_key", flat=True)) == {"fr1", "fr2", "fr3"}


@pytest.mark.django_db
def test_leads_of_a_company_that_an_import_changed_are_scored_again(bring):
    run(bring("Last name,E-mail,Company\nLee,lee@x.example,Acme\n", "leads"))
    LeadScore.objects.update(due_at=None)
    run(bring("name,sector\nAcme,Steel\n", "companies"))
    assert LeadScore.objects.get().due_at is not None


@pytest.mark.django_db(transaction=True)
def test_an_enquiry_beside_an_import_finds_the_person_it_brings(bring, admin, monkeypatch):
    """A web form arrives while the chunk with the same person is written but not committed."""
    keep, answers, was_waiting = running._keep, [], []

    def form() -> None:
        try:
            answers.append(receive_enquiry(actor=None, last_name="Lee", email="LEE@x.example", company_name="Acme"))
        finally:
            connection.close()

    thread = threading.Thread(target=form)

    def keep_while_somebody_writes(*args) -> None:
        thread.start()
        thread.join(1.0)
        was_waiting.append(thread.is_alive())
        keep(*args)

    monkeypatch.setattr(running, "_keep", keep_while_somebody_writes)
    run(bring("Last name,E-mail,Company\nLee,lee@x.example,Acme\n", "leads"))
    thread.join(10)
    assert was_waiting == [True]
    assert (Contact.objects.count(), Company.objects.count(), Lead.objects.count(), len(answers)) == (1, 1, 2, 1)
