"""Exports: what comes out goes in again unchanged, holds nothing live, and is for who asked alone."""

from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core import clock, sweeps
from crm.core.errors import Forbidden, Invalid, NotFound
from crm.integrations.models import ExportJob
from crm.integrations.reading import source
from crm.integrations.services import exporting, files
from crm.integrations.writing.safety import escape, unescape
from crm.integrations.writing.tables import as_text, open_table
from leads.models import Company
from tests.factories.accounts import UserFactory
from tests.factories.leads import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    EmailFactory,
    LeadFactory,
    PhoneFactory,
    SiteFactory,
)
from tests.integrations.conftest import run, try_out

LIVE = ("=1+1", "+33 6", "-5", "@SUM(A1)", "\t=1", "'=1", "''-x", "\uff1d1", "-", '=HYPERLINK("http://x","y")')


@given(st.text())
def test_what_is_guarded_is_never_live_and_comes_back(text):
    guarded = escape(text)
    assert unescape(guarded) == text
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_live_formula_and_no_altered_value(tmp_path, kind):
    path = tmp_path / f"out.{kind}"
    with open_table(path, kind, ["name", "number", "amount", "long", "day", "flag"]) as table:
        for text in LIVE:
            table.write(
                [text.strip(), 12, Decimal("0.1000"), Decimal("12345678901234567.89"), clock.now().date(), True]
            )
    read = source.recognise(path)
    rows = list(source.read(path, read.settings, read.columns))
    assert [row.cells[0] for row in rows] == [text.strip() for text in LIVE]
    assert {tuple(row.cells[1:4]) for row in rows} == {("12", "0.1", "12345678901234567.89")}
    assert {row.cells[5] for row in rows} == {"true"}


def test_decimals_are_written_plainly():
    assert (as_text(Decimal("1E+3")), as_text(Decimal("0.5000")), as_text(None)) == ("1000", "0.5", "")


@pytest.fixture
def world(admin):
    for number, name in enumerate(
        ["=cmd|' /C calc'!A0", "Müller & Söhne", "東京\u200d株式会社", "-Dash", 'Zoë; "Quoted"\nLine']
    ):
        company = CompanyFactory(
            name=name.replace("\n", " "), sector="Food", annual_revenue=Decimal("1100.04"), currency="EUR", notes="a\nb",
            external_source="erp", external_id=f"{number}",
        )  # fmt: skip
        from leads import normal

        Company.objects.filter(pk=company.pk).update(name_key=normal.company_key(company.name))
        SiteFactory(company=company, is_primary=True)
    return admin


def export(actor, kind: str, file: str = "csv", **filters) -> ExportJob:
    job = exporting.request_export(actor=actor, kind=kind, format=file, filters=filters)
    assert exporting.work_on(job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.django_db
@pytest.mark.parametrize("file", ["csv", "xlsx"])
def test_an_export_goes_in_again_and_changes_nothing(world, bring, file):
    job = export(world, "companies", file)
    assert (job.state, job.rows_done, job.rows_total) == ("done", 5, 5)
    back = bring(files.location(job.path), "companies", source="erp")
    mapping = {
        "external_id": "external_id",
        **{
            name: name
            for name in (
                "name",
                "sector",
                "annual_revenue",
                "currency",
                "notes",
                "street",
                "city",
                "postal_code",
                "country",
            )
        },
    }
    from crm.integrations.services import imports

    imports.change_import(actor=world, import_id=back.pk, mapping=mapping)
    assert try_out(back)["unchanged"] == 5
    done = run(back)
    assert (done.unchanged, done.created, done.updated, done.refused) == (5, 0, 0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["leads", "contacts", "deals", "products", "people"])
def test_every_list_has_a_file_with_what_its_reader_sees(admin, kind):
    contact = ContactFactory()
    PhoneFactory(contact=contact)
    EmailFactory(contact=contact)
    LeadFactory(contact=contact)
    DealFactory(contact=contact)
    with files.location(export(admin, kind).path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert "id" in rows[0] if rows else kind == "products"


@pytest.mark.django_db
def test_the_rows_are_those_that_the_asker_sees():
    mine, other = UserFactory(), UserFactory()
    lead = LeadFactory(owner=mine)
    LeadFactory(owner=other)
    assert export(mine, "leads").rows_done == 1
    assert export(mine, "leads", ids=[str(lead.pk)]).rows_done == 1


@pytest.mark.django_db
def test_exports_grow_by_no_query_per_row(admin, count_queries):
    for _ in range(3):
        PhoneFactory(contact=LeadFactory().contact)
    job = exporting.request_export(actor=admin, kind="leads")
    with count_queries() as few:
        exporting.work_on(job.pk)
    for _ in range(12):
        PhoneFactory(contact=LeadFactory().contact)
    job = exporting.request_export(actor=admin, kind="leads")
    with count_queries() as many:
        exporting.work_on(job.pk)
    assert many.number == few.number


@pytest.mark.django_db
def test_refusals(admin):
    finance = UserFactory(finance=True)
    with pytest.raises(Forbidden):
        exporting.request_export(actor=finance, kind="leads")
    with pytest.raises(Invalid):
        exporting.request_export(actor=admin, kind="secrets")
    with pytest.raises(Invalid):
        exporting.request_export(actor=admin, kind="leads", filters={"password": "x"})
    job = export(admin, "companies")
    with pytest.raises(NotFound):
        exporting.file_of(actor=UserFactory(admin=True), export_id=job.pk)


@pytest.mark.django_db
def test_a_file_is_gone_after_its_days(admin):
    job = export(admin, "companies")
    path = files.location(job.path)
    ExportJob.objects.filter(pk=job.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    sweeps.get_sweep("integrations.forget_exports").run()
    job.refresh_from_db()
    assert (job.state, path.exists()) == ("expired", False)
    with pytest.raises(NotFound):
        exporting.file_of(actor=admin, export_id=job.pk)
