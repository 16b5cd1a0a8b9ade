"""Imports and exports over the API."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from crm.integrations.models import ExportJob, ImportJob
from crm.integrations.services import exporting
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
