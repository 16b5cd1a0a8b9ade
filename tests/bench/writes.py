"""Writes over the API: an enquiry of somebody new, of somebody known, a changed lead."""

from __future__ import annotations

from itertools import count, cycle
from typing import Any

from django.db import models, transaction

from crm.core import ids
from leads.models import Company, Contact, Email, Lead, Phone
from tests.bench.measure import Row, measure
from tests.bench.world import World, run_sql

TITLE = "Writes (API)"
_serial = count()


def rows(world: World) -> list[Row]:
    bare = measure(lambda: world.floor_post("/bare/enquiry", enquiry()))
    raw = measure(Copied())
    known = cycle(_known())
    budget: dict[str, Any] = {"budget": 60, "ratio": 2.5, "queries": 14}
    return [
        Row(
            "create a lead: new person, new company",
            measure(lambda: world.post("/api/v1/leads", enquiry())),
            raw,
            bare,
            **budget,
        ),
        Row(
            "create a lead: known person and company",
            measure(lambda: world.post("/api/v1/leads", enquiry() | next(known))),
            raw,
            bare,
            **budget,
        ),
        Row(
            "the same as an inside rep",
            measure(lambda: world.post("/api/v1/leads", enquiry() | next(known), "inside")),
            raw,
            bare,
            **budget,
        ),
    ]


def _known() -> list[dict[str, Any]]:
    """People with an address and a number at a company with a name of its own: each writes again, as before."""
    rows = Lead.objects.filter(contact__emails__isnull=False, contact__phones__isnull=False, company__domain__gt="")
    found = rows.select_related("contact", "company").prefetch_related("contact__emails", "contact__phones")
    return [
        {
            "first_name": lead.contact.first_name,
            "last_name": lead.contact.last_name,
            "email": lead.contact.emails.all()[0].address,
            "phone": lead.contact.phones.all()[0].number,
            "company_name": lead.company.name,
        }
        for lead in found.order_by("pk")[1_000:1_400]
    ]


def enquiry() -> dict[str, Any]:
    """Somebody nobody knows, each time another."""
    number = f"{next(_serial):04d}{ids.uuid7().hex[-6:]}"
    return {
        "first_name": "Mélissande",
        "last_name": f"Orvault-{number}",
        "email": f"m.orvault.{number}@bench-{number}.example",
        "phone": f"+3347{int(number[-6:], 16) % 10_000_000:07d}",
        "job_title": "Responsable achats",
        "company_name": f"Ateliers Orvault {number}",
        "street": "12 rue de l'Essai",
        "city": "Lyon",
        "postal_code": "69003",
        "country": "FR",
        "source": "Website",
        "notes": "We would like to see the line with our own bottles.",
    }


class Copied:
    """The six rows of a lead as six INSERTs in one transaction, and nothing else: the floor of the floor."""

    def __init__(self) -> None:
        lead = Lead.objects.filter(
            contact__phones__isnull=False, contact__emails__isnull=False, site__isnull=False
        ).order_by("pk")[0]
        phone, email = lead.contact.phones.all()[0], lead.contact.emails.all()[0]
        self.rows = [lead.company, lead.site, lead.contact, phone, email, lead]
        self.statements = [self._statement(row) for row in self.rows]

    @staticmethod
    def _statement(row: models.Model) -> str:
        """A copy of the row under a new id, with links to the new rows."""
        said = {
            "id": "%(id)s",
            "external_id": "''",
            "external_source": "''",
            "company_id": "%(company)s",
            "contact_id": "%(contact)s",
        }
        if isinstance(row, Phone | Email):
            said["company_id"] = "NULL"
        columns = [field.column for field in row._meta.concrete_fields]
        values = [said.get(column, column) for column in columns]
        table = row._meta.db_table
        return (
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {table} WHERE id = '{row.pk}'"
        )

    def __call__(self) -> None:
        new = {type(row): ids.uuid7() for row in self.rows}
        with transaction.atomic():
            for row, statement in zip(self.rows, self.statements, strict=True):
                run_sql(statement, {"id": new[type(row)], "company": new[Company], "contact": new[Contact]})
