"""The pages of imports and exports: from the file to the report, and who does not get there."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.integrations.models import ExportJob, ImportJob
from crm.integrations.services import exporting
from leads.models import Company
from tests.factories.accounts import UserFactory
from tests.integrations.conftest import work

pytestmark = pytest.mark.django_db
FILE = "name;city;revenue\nAcmé;Lyon;1,5\nBeta;Paris;2,5\n;Nice;3\n"


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def fields_of(answer) -> dict[str, str]:
    """What the browser would send back."""
    form = answer.context["form"]
    return {field.html_name: field.value() if field.value() is not None else "" for field in form}


def test_words_and_defaults_are_decided_on_the_page(admin):
    client = signed_in(admin)
    file = SimpleUploadedFile("list.csv", b"name,rating\nAcme,Gold\nBeta,Silver\nGamma,B\n")
    address = client.post("/imports/", {"target": "companies", "file": file}).url
    page = client.get(address)
    assert "Gold" in page.content.decode()
    sent = fields_of(page)
    assert (sent["word_0_0"], sent["word_0_1"], sent["word_0_2"], sent["default_field_0"]) == ("!", "!", "!", "")
    chosen = {"word_0_0": "A", "word_0_1": "", "default_field_0": "sector", "default_value_0": "Steel"}
    client.post(address, sent | chosen | {"then": "run"})
    work(ImportJob.objects.get())
    assert dict(Company.objects.values_list("name", "tier")) == {"Acme": "A", "Beta": "", "Gamma": "B"}
    assert set(Company.objects.values_list("sector", flat=True)) == {"Steel"}


def test_from_the_file_to_the_undone_report(admin):
    client = signed_in(admin)
    answer = client.post(
        "/imports/", {"target": "companies", "file": SimpleUploadedFile("list.csv", FILE.encode("cp1252"))}
    )
    job = ImportJob.objects.get()
    assert answer.url == f"/imports/{job.pk}/"
    page = client.get(answer.url)
    assert "Acmé" in page.content.decode()
    sent = fields_of(page)
    assert (sent["encoding"], sent["delimiter"], sent["decimal"], sent["column_0"]) == ("cp1252", ";", ",", "name")

    client.post(answer.url, sent | {"then": "try"})
    assert client.get(f"{answer.url}progress").status_code == 200
    work(job)
    tried = client.get(answer.url).content.decode()
    assert "Rows to look at" in tried
    assert Company.objects.count() == 0

    client.post(answer.url, fields_of(client.get(answer.url)) | {"then": "run"})
    work(job)
    assert (job.created, job.refused) == (2, 1)
    result = b"".join(client.get(f"{answer.url}result").streaming_content).decode("utf-8-sig")
    assert result.splitlines()[3].startswith("4,refused,required,")

    client.post(f"{answer.url}undo")
    work(job)
    assert (job.state, Company.objects.count()) == ("undone", 0)
    assert "2 records are gone" in client.get(answer.url).content.decode()


def test_a_bad_file_is_answered_beside_the_field(admin):
    answer = signed_in(admin).post(
        "/imports/", {"target": "leads", "file": SimpleUploadedFile("x.pdf", b"%PDF-1.7 nothing")}
    )
    assert (answer.status_code, ImportJob.objects.count()) == (422, 0)
    assert "This is a PDF file" in answer.content.decode()


def test_new_settings_are_shown_before_anything_runs(admin, bring):
    job = bring("a;b\n1;2\n", "companies")
    client = signed_in(admin)
    sent = fields_of(client.get(f"/imports/{job.pk}/"))
    client.post(f"/imports/{job.pk}/", sent | {"delimiter": ",", "then": "run"})
    job.refresh_from_db()
    assert (job.state, job.columns) == ("draft", ["a;b"])


def test_somebody_elses_import_is_not_there(bring):
    job = bring("name\nA\n", "companies")
    client = signed_in(UserFactory())
    for path in ("", "progress", "result"):
        assert client.get(f"/imports/{job.pk}/{path}").status_code == 404
    assert client.post(f"/imports/{job.pk}/undo").status_code == 404


def test_finance_gets_exports_but_no_imports():
    client = signed_in(UserFactory(finance=True))
    assert client.get("/imports/").status_code == 403
    assert client.get("/exports/").status_code == 200


def test_an_export_is_asked_for_watched_and_fetched(admin):
    client = signed_in(admin)
    client.post("/exports/", {"kind": "companies", "format": "csv"})
    job = ExportJob.objects.get()
    assert "every 1s" in client.get("/exports/").content.decode()
    exporting.work_on(job.pk)
    answer = client.get(f"/exports/{job.pk}/file")
    assert answer["Content-Disposition"] == 'attachment; filename="companies.csv"'
    assert b"".join(answer.streaming_content).startswith(b"\xef\xbb\xbfid,")
    assert signed_in(UserFactory(admin=True)).get(f"/exports/{job.pk}/file").status_code == 404
