"""Imports and exports over the API."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.test import Client

from crm.core import ids
from crm.integrations.api import resources
from crm.integrations.models import ExportJob, ImportJob
from crm.integrations.services import exporting, files, imports
from tests.factories.accounts import UserFactory, make_key
from tests.integrations.conftest import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(admin):
    _key, secret = make_key(admin)
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def call(method: str, path: str, body=None):
        kwargs = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(client, method)(f"/api/v1/{path}", **kwargs)

    return call


def test_an_import_from_the_file_to_undo(call):
    made = call(
        "post", "imports", {"target": "companies", "name": "list.csv", "content": "name,city\nAcme,Lyon\n,Nice\n"}
    )
    assert made.status_code == 201, made.content
    job = ImportJob.objects.get()
    assert made.json()["mapping"] == {"name": "name", "city": "city"}
    assert call("post", f"imports/{job.pk}/try").status_code == 200
    work(job)
    assert call("get", f"imports/{job.pk}").json()["trial"] == {
        "read": 2,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "refused": 1,
        "skipped": 0,
    }
    assert call("post", f"imports/{job.pk}/run").json()["state"] == "running"
    work(job)
    read = call("get", f"imports/{job.pk}").json()
    assert (read["read"], read["created"], read["rows"][0]["code"], read["rows"][0]["line"]) == (2, 1, "required", 3)
    assert call("post", f"imports/{job.pk}/undo").status_code == 200
    work(job)
    assert call("get", f"imports/{job.pk}").json()["undone"]["removed"] == 1


def test_a_file_is_sent_as_it_is_and_once(admin, settings, monkeypatch):
    """Beyond what a body in JSON may hold, block by block, and never whole in memory."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    monkeypatch.setattr(resources, "BLOCK", 1_000)
    client = Client(headers={"Authorization": f"Bearer {make_key(admin)[1]}"})
    file = b"name,city\n" + b"".join(b"Acme %d,Lyon\n" % number for number in range(2_000))
    key = ids.uuid7()

    def send(body: bytes, said: str = "target=companies&name=big.csv"):
        return client.put(f"/api/v1/imports/{key}/file?{said}", body, content_type="application/octet-stream")

    assert send(file, "target=companies").json()["errors"][0]["code"] == "required"
    assert send(file, "target=boats&name=x.csv").status_code == 422
    first, again = send(file), send(b"name\nOther\n")
    job = ImportJob.objects.get()
    assert (first.status_code, again.status_code, first.json()["size"], job.pk) == (200, 200, len(file), key)
    assert files.location(job.path).read_bytes() == file
    imports.run_import(actor=admin, import_id=key)
    assert work(job).created == 2_000


def test_a_file_beyond_the_limit_is_refused_and_not_kept(admin, monkeypatch):
    monkeypatch.setattr(files, "USUAL", replace(files.USUAL, bytes=5_000))
    client = Client(headers={"Authorization": f"Bearer {make_key(admin)[1]}"})
    address = f"/api/v1/imports/{ids.uuid7()}/file?target=companies&name=big.csv"
    answer = client.put(address, b"name\n" * 1_001, content_type="application/octet-stream")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too_large")
    assert not ImportJob.objects.exists()
    assert not [path for path in files.location("incoming").rglob("*") if path.is_file()]


def test_bad_input_is_a_problem_document(call):
    answer = call("post", "imports", {"target": "companies", "name": "x", "content_base64": "!!"})
    assert (answer.status_code, answer["Content-Type"]) == (
        422,
        "application/problem+json",
    ) or answer.status_code == 400
    answer = call("post", "imports", {"target": "companies", "name": "x.pdf", "content": "%PDF-1.4 no table at all"})
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"][0]["code"] == "no_table"


def test_an_export_is_fetched_by_its_owner(call, admin):
    made = call("post", "exports", {"kind": "companies"})
    assert made.status_code == 201, made.content
    job = ExportJob.objects.get()
    assert call("get", f"exports/{job.pk}/file").status_code == 404
    exporting.work_on(job.pk)
    assert b"".join(call("get", f"exports/{job.pk}/file").streaming_content).startswith(b"\xef\xbb\xbfid,")
    stranger = UserFactory(admin=True)
    client = Client()
    client.force_login(stranger)
    assert client.get(f"/api/v1/exports/{job.pk}/file").status_code == 404
