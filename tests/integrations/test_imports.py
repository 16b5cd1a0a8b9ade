"""Imports: the trial tells the truth, a repeat creates nothing, undo takes out what nobody touched, a killed worker loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from crm.core import clock
from crm.core.errors import Conflict, Forbidden, Invalid, NotFound
from crm.core.models import JournalEntry
from crm.integrations import words
from crm.integrations.models import ImportedRecord, ImportJob, ImportRow
from crm.integrations.models.imports import COUNTED
from crm.integrations.services import imports, results, running
from leads.models import Company, Contact, Deal, Email, Lead, Phone, Product
from leads.services import companies as company_services
from tests.factories.accounts import UserFactory
from tests.factories.leads import CompanyFactory, DealFactory, PipelineFactory, StageFactory
from tests.integrations.conftest import run, try_out, undo, work

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db

COMPANIES = (
    "name,city,country,parent\n"
    "Acme SARL,Lyon,France,Holding\n"
    "Beta,Paris,FR,\n"
    "Holding,Nice,FR,\n"
    "acme,Lyon,FR,\n"
    ",Lyon,FR,\n"
    "Gamma,Rome,Atlantis,\n"
)
LEADS = (
    "First name,Last name,E-mail,Phone,Company,Budget,Created\n"
    'Inès,Moreau,ines@acme.example,04 72 00 00 01,Acme,"1.200,50 €",31/01/2026\n'
    "INES,MOREAU,INES@acme.example,+33472000001,Acme,,\n"
    "Bob,,bad address,,Acme,,\n"
    "Li,Wei,li@beta.example,,Beta,,30/02/2026\n"
    "Ann,Lee,ann@beta.example,,Beta,,\n"
)  # fmt: skip


def counts(job: ImportJob) -> dict[str, int]:
    return {"read": job.position, **job.counts}


def test_the_trial_writes_nothing_and_tells_what_the_run_then_does(bring):
    job = bring(COMPANIES, "companies")
    trial = try_out(job)
    assert (Company.objects.count(), JournalEntry.objects.filter(event="company.created").count()) == (0, 0)
    done = run(job)
    assert trial == counts(done) == {"read": 6, "created": 3, "updated": 1, "unchanged": 0, "refused": 2, "skipped": 0}
    assert sum(done.counts.values()) == done.position, "every row is accounted for"
    refused = ImportRow.objects.filter(job=job, outcome="refused", is_trial=False).values_list("line", "column", "code")
    assert list(refused) == [(6, "name", "required"), (7, "country", "unknown_country")]
    assert Company.objects.get(name_key="acme").parent.name == "Holding"
    assert JournalEntry.objects.filter(event="company.created").count() == 3


@pytest.mark.parametrize(("content", "target"), [(COMPANIES, "companies"), (LEADS, "leads")])
def test_the_same_file_again_creates_nothing(bring, content, target):
    first = run(bring(content, target))
    again = run(bring(content, target))
    assert (again.created, again.position) == (0, first.position)
    assert again.refused == first.refused


def test_a_lead_is_one_person_however_the_number_and_the_address_are_written(bring):
    done = run(bring(LEADS, "leads", country="FR"))
    assert counts(done) == {"read": 5, "created": 2, "updated": 1, "unchanged": 0, "refused": 2, "skipped": 0}
    assert list(ImportRow.objects.filter(job=done, outcome="refused").values_list("code", flat=True)) == [
        "email_malformed",
        "no_such_day",
    ]
    lead = Lead.objects.get(contact__emails__key="ines@acme.example")
    assert (str(lead.expected_value), lead.currency, lead.arrived_at.date().isoformat()) == (
        "1200.5000",
        "EUR",
        "2026-01-30",
    )
    assert Phone.objects.get().number == "+33472000001"
    assert (Contact.objects.count(), Company.objects.count(), Email.objects.count()) == (2, 2, 2)
    assert lead.score.due_at is not None


@pytest.mark.parametrize(
    ("duplicates", "outcome", "sector"), [("update", "updated", "Steel"), ("skip", "skipped", "Food")]
)
def test_what_is_there_is_updated_or_left(bring, duplicates, outcome, sector):
    CompanyFactory(name="Acme", name_key="acme", sector="Food")
    done = run(bring("name,sector\nACME Ltd,Steel\n", "companies", duplicates=duplicates))
    assert (getattr(done, outcome), Company.objects.get().sector) == (1, sector)


def test_what_is_there_can_be_added_all_the_same(bring):
    CompanyFactory(name="Acme", name_key="acme")
    assert run(bring("name\nAcme\n", "companies", duplicates="create")).created == 1


def test_a_blank_cell_takes_nothing_away(bring):
    CompanyFactory(name="Acme", name_key="acme", sector="Food")
    assert run(bring("name,sector,website\nAcme,,acme.example\n", "companies")).updated == 1
    assert Company.objects.get().sector == "Food"


def test_a_deal_finds_its_stage_product_and_company(bring, admin):
    inside = PipelineFactory(name="Inside")
    for position, name in enumerate(("New", "Demo", "Offer")):
        StageFactory(pipeline=inside, name=name, position=position, probability=10 * position)
    content = (
        "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
        "A1,Moses Frase,GTXPro,Cancity,Won,2016-10-20,2017-03-01,1054\n"
        "A2,Moses Frase,GTX Pro,Cancity,Lost,2016-10-25,2017-03-11,0\n"
        "A3,Moses Frase,GTX Pro,,Engaging,2016-10-25,,\n"
        "A4,Moses Frase,GTX Pro,,Somewhere,2016-10-25,,\n"
        "A5,Moses Frase,GTX Pro,,Won,2016-10-25,2016-01-01,5\n"
    )
    job = bring(content, "deals")
    trial = try_out(job)
    assert (
        trial == counts(run(job)) == {"read": 5, "created": 3, "updated": 0, "unchanged": 0, "refused": 2, "skipped": 0}
    )
    assert (Product.objects.count(), Company.objects.count()) == (1, 1)
    won = Deal.objects.get(external_id="A1")
    assert (won.state, str(won.closed_on), str(won.amount), won.company.name) == (
        "won",
        "2017-03-01",
        "1054.0000",
        "Cancity",
    )
    assert "Moses Frase" in won.notes
    assert run(bring(content, "deals")).unchanged == 3


def test_undo_takes_out_what_came_in_and_says_what_it_left(bring, admin):
    before = CompanyFactory(name="Old", name_key="old", sector="Food")
    done = run(bring("name,sector,parent\nOld,Steel,\nNew,,Mother\nEdited,,\nUsed,,\nGone,,New\n", "companies"))
    assert (done.created, done.updated) == (4, 1)
    edited = Company.objects.get(name="Edited")
    company_services.change_company(actor=admin, company_id=edited.pk, changes={"sector": "Wood"})
    DealFactory(company=Company.objects.get(name="Used"))
    undone = undo(done)
    assert undone.undone == {"removed": 3, "restored": 1, "edited": 1, "in_use": 1}
    assert set(Company.objects.values_list("name", flat=True)) - {deal.company.name for deal in Deal.objects.all()} == {
        "Old",
        "Edited",
    }
    before.refresh_from_db()
    assert before.sector == "Food"
    assert set(ImportRow.objects.filter(job=done).exclude(code="").values_list("code", flat=True)) == {
        "left_edited",
        "left_in_use",
    }
    assert not ImportedRecord.objects.filter(job=done).exists()


def test_undo_of_leads_leaves_the_person_who_was_there(bring):
    run(bring("First name,Last name,E-mail\nInès,Moreau,ines@acme.example\n", "contacts"))
    done = run(bring(LEADS, "leads", country="FR"))
    undo(done)
    assert Lead.objects.count() == 0
    contact = Contact.objects.get()
    assert (contact.company, list(contact.phones.all())) == (None, [])
    assert Company.objects.count() == 0


def test_cancelling_keeps_what_is_in(bring, admin, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 2)
    job = bring("name\n" + "".join(f"Company {n}\n" for n in range(10)), "companies")
    imports.run_import(actor=admin, import_id=job.pk)
    keep = running._keep

    def keep_and_cancel(held, *args):
        keep(held, *args)
        ImportJob.objects.filter(pk=job.pk).update(is_cancelling=True)

    monkeypatch.setattr(running, "_keep", keep_and_cancel)
    assert (work(job).state, job.created, Company.objects.count()) == ("cancelled", 2, 2)


def test_a_row_that_the_database_refuses_costs_only_itself(bring, monkeypatch):
    from leads.services.bulk import companies

    make = companies.Companies.make

    def too_long(self, item):
        made = make(self, item)
        made.name = "x" * 300 if item.name == "Bad" else made.name
        return made

    monkeypatch.setattr(companies.Companies, "make", too_long)
    done = run(bring("name\nGood\nBad\nFine\n", "companies"))
    assert (done.created, done.refused, ImportRow.objects.get(job=done, outcome="refused").code) == (
        2,
        1,
        "does_not_fit",
    )


def test_slices_of_a_trial_go_on_where_the_last_one_stopped(bring, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 2)
    monkeypatch.setattr(running, "SLICE", 0.0)
    content = "name\n" + "".join(f"Company {n % 7}\n" for n in range(20))
    job = bring(content, "companies")
    trial = try_out(job)
    assert (trial["read"], trial["created"], trial["unchanged"]) == (20, 7, 13)
    assert counts(run(job)) == trial
    assert job.attempt > 5


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing_and_doubles_nothing(bring, admin, tmp_path):
    rows = 6_000
    job = bring("id,name,city\n" + "".join(f"X{n},Company {n},Lyon\n" for n in range(rows)), "companies")
    imports.run_import(actor=admin, import_id=job.pk)
    child = _worker(job, tmp_path)
    try:
        _wait_until(lambda: _position(job) >= 1_000)
        os.kill(child.pid, signal.SIGKILL)
    finally:
        child.wait()
    half = _position(job)
    assert 0 < half < rows
    assert Company.objects.count() == half, "what is counted is in, and nothing else"
    assert not running.work_on(job.pk), "the dead worker's lease holds"
    ImportJob.objects.filter(pk=job.pk).update(claimed_until=clock.now() - timedelta(seconds=1))
    done = work(job)
    assert (done.state, done.created, done.position, Company.objects.count()) == ("done", rows, rows, rows)
    assert ImportRow.objects.filter(job=job).values("number").distinct().count() == rows
    assert Company.objects.values("external_id").distinct().count() == rows


def _position(job: ImportJob) -> int:
    return ImportJob.objects.values_list("position", flat=True).get(pk=job.pk)


def _worker(job: ImportJob, home: Path) -> subprocess.Popen[bytes]:
    """A worker process of its own on this test's database and files."""
    name = connection.settings_dict["NAME"]
    code = f"import django; django.setup(); from crm.integrations.services import running; running.work_on('{job.pk}')"
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "TANDEM_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
    }
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment)


def _wait_until(true, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)


# --- Refusals ------------------------------------------------------------------------------------------------------------


def test_finance_brings_nothing(db):
    with pytest.raises(Forbidden):
        imports.bring_file(actor=UserFactory(finance=True), blocks=[b"name\nA\n"], name="x", target="companies")


def test_an_import_is_its_owners(bring):
    job = bring(COMPANIES, "companies")
    with pytest.raises(NotFound):
        imports.run_import(actor=UserFactory(), import_id=job.pk)


def test_nothing_mapped_is_said(bring, admin):
    job = bring("colour,shape\nred,round\n", "companies")
    with pytest.raises(Invalid, match="Map at least one of"):
        imports.run_import(actor=admin, import_id=job.pk)


def test_two_columns_cannot_be_one_field(bring, admin):
    job = bring("a,b\n1,2\n", "companies")
    with pytest.raises(Invalid) as caught:
        imports.change_import(actor=admin, import_id=job.pk, mapping={"a": "name", "b": "name"})
    assert caught.value.specific_code == "mapped_twice"


def test_an_import_runs_once(bring, admin):
    done = run(bring(COMPANIES, "companies"))
    with pytest.raises(Conflict):
        imports.run_import(actor=admin, import_id=done.pk)


def test_the_mapping_is_remembered_for_these_columns(bring, admin):
    job = bring("colour,shape\nred,round\n", "companies")
    imports.change_import(actor=admin, import_id=job.pk, mapping={"colour": "name"}, options={"duplicates": "skip"})
    run(job)
    again = bring("Colour,SHAPE\nblue,round\n", "companies")
    assert again.options["duplicates"] == "skip"


def test_the_result_file_has_every_row(bring):
    done = run(bring(COMPANIES, "companies"))
    lines = "".join(results.result_lines(done)).splitlines()
    assert len(lines) == 1 + done.position
    assert lines[5].startswith("6,refused,required,")


def test_import_counts_are_a_rule_of_the_database(bring):
    from django.db import IntegrityError, transaction

    job = bring(COMPANIES, "companies")
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportJob.objects.filter(pk=job.pk).update(position=1)


# --- Real files ----------------------------------------------------------------------------------------------------------


@pytest.mark.shared_data
def test_the_account_export(bring, shared_data):
    path = shared_data / "csv-import" / "salesforce" / "accountData.csv"
    job = bring(path, "companies")
    trial = try_out(job)
    done = run(job)
    assert trial == counts(done) == {"read": 423, **dict.fromkeys(COUNTED, 0), "created": 423}
    assert (
        Company.objects.filter(name="Crédito Inmobiliario").exists()
        or Company.objects.filter(name__contains="Crédito").exists()
    )
    assert not Company.objects.filter(name__contains="\ufffd").exists()
    assert run(bring(path, "companies")).created == 0


@pytest.mark.shared_data
def test_cards(bring, shared_data):
    for path in sorted((shared_data / "csv-import" / "vcard").glob("*.vcf")):
        done = run(bring(path, "contacts"))
        assert done.position == sum(done.counts.values()) > 0
        assert run(bring(path, "contacts")).created == 0, path.name
    assert Contact.objects.filter(emails__key="simon.perreault@viagenie.ca", company__name="Viagenie").exists()


def test_words_that_nobody_here_understands_are_decided_once(bring, admin):
    """A stage, an owner and a choice of the file's own: mapped, remembered, and the same in trial and run."""
    pipeline = PipelineFactory(name="Inside")
    stages = [StageFactory(pipeline=pipeline, name=name, position=n) for n, name in enumerate(("New", "Demo"))]
    seller = UserFactory(name="Ann Lee")
    content = "id,name,stage,owner\n1,A,Démo faite,moses\n2,B,Mystery,nina\n3,C,Demo,Ann Lee\n4,D,Other,zoe\n5,E,New,\n"
    job = bring(content, "deals")
    assert {found.column: found.words for found in words.foreign(job)} == {
        "stage": ["Démo faite", "Mystery", "Other"],
        "owner": ["moses", "nina", "zoe"],
    }
    values = {
        "stage": {"demo faite": "Demo", "mystery": None, "*": "New"},
        "owner": {"moses": seller.email, "nina": seller.email, "*": None},
    }
    job = imports.change_import(actor=admin, import_id=job.pk, options={"values": values})
    trial, done = try_out(job), run(job)
    assert trial == {"read": 5, "created": 3, "updated": 0, "unchanged": 0, "refused": 2, "skipped": 0}
    assert trial == counts(done)
    assert dict(Deal.objects.values_list("external_id", "stage_id")) == {
        "1": stages[1].pk, "3": stages[1].pk, "5": stages[0].pk,
    }  # fmt: skip
    assert Deal.objects.get(external_id="1").owner == seller
    assert list(ImportRow.objects.filter(job=done, is_trial=False, outcome="refused").values_list("line", "column")) == [
        (3, "stage"), (5, "owner"),
    ]  # fmt: skip
    assert bring(content, "deals").options["values"] == values, "the next file with these columns is read so at once"


def test_an_owner_who_is_nobody_here_is_written_down(bring, admin):
    StageFactory(pipeline=PipelineFactory(name="Inside"), name="New", position=0)
    job = bring("id,name,owner\n1,A,moses\n", "deals")
    run(imports.change_import(actor=admin, import_id=job.pk, options={"values": {"owner": {"moses": "", "*": ""}}}))
    deal = Deal.objects.get()
    assert (deal.owner, deal.notes) == (None, "Owner in the file: moses")


def test_a_default_fills_what_a_row_lacks(bring, admin):
    job = bring("name,sector\nAcme,Steel\nBeta,\n", "companies")
    job = imports.change_import(actor=admin, import_id=job.pk, options={"defaults": {"sector": "Food", "city": "Lyon"}})
    run(job)
    assert dict(Company.objects.values_list("name", "sector")) == {"Acme": "Steel", "Beta": "Food"}
    assert set(Company.objects.values_list("sites__city", flat=True)) == {"Lyon"}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"defaults": {"founded_year": "long ago"}}, "defaults"),
        ({"defaults": {"boat": "x"}}, "defaults"),
        ({"defaults": {"sector": 5}}, "defaults"),
        ({"values": {"tier": "A"}}, "values"),
        ({"values": {"tier": {"gold": 5}}}, "values"),
        ({"source": 5}, "source"),
    ],
)
def test_options_that_say_nothing_are_refused(bring, admin, options, field):
    job = bring("name\nAcme\n", "companies")
    with pytest.raises(Invalid) as caught:
        imports.change_import(actor=admin, import_id=job.pk, options=options)
    assert caught.value.field == field
