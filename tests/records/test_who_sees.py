"""Every page of records as every role: who gets it, who is refused, for whom it does not exist."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.api.world import GONE

YES, NO, ABSENT = 200, 403, 404
ROLES = ("inside", "field", "manager", "finance", "admin")


def row(inside: int, field: int, manager: int, finance: int, admin: int) -> dict[str, int]:
    return dict(zip(ROLES, (inside, field, manager, finance, admin), strict=True))


SELLERS = row(YES, YES, YES, NO, YES)
PAGES = {
    "leads own": row(YES, ABSENT, YES, NO, YES),
    "leads strange": row(ABSENT, ABSENT, ABSENT, NO, YES),
    "leads free": row(ABSENT, ABSENT, YES, NO, YES),
    "leads gone": row(ABSENT, ABSENT, ABSENT, NO, ABSENT),
    "companies company": row(YES, YES, YES, YES, YES),
    "contacts contact": SELLERS,
    "deals deal": row(YES, ABSENT, YES, YES, YES),
    "deals strange_deal": row(ABSENT, ABSENT, ABSENT, YES, YES),
}
ONE = {"leads": "lead", "companies": "company", "contacts": "contact", "deals": "deal"}


def address(sales, cell: str, suffix: str = "", *extra: str) -> str:
    kind, name = cell.split()
    key = GONE if name == "gone" else getattr(sales, name).pk
    return reverse(f"records:{ONE[kind]}{suffix}", args=[key, *extra])


@pytest.mark.parametrize("role", ROLES)
def test_each_record_as(role, sales, visit):
    client = visit(sales.person(role))
    assert {cell: client.get(address(sales, cell)).status_code for cell in PAGES} == {
        cell: statuses[role] for cell, statuses in PAGES.items()
    }


@pytest.mark.parametrize("role", ROLES)
def test_the_fragments_of_a_record_are_as_closed_as_its_page(role, sales, visit):
    client = visit(sales.person(role))
    facts = {"leads": "source", "companies": "name", "contacts": "job_title", "deals": "name"}
    for cell, statuses in PAGES.items():
        fact = client.get(address(sales, cell, "-fact", facts[cell.split()[0]]))
        story = client.get(address(sales, cell, "-timeline"))
        assert (fact.status_code, story.status_code) == (statuses[role], statuses[role]), cell


@pytest.mark.parametrize(
    ("role", "status"), [("inside", 404), ("field", 404), ("manager", 404), ("finance", 403), ("admin", 200)]
)
def test_writing_to_what_one_does_not_see(role, status, sales, visit, htmx):
    client = visit(sales.person(role))
    seen = client.get(address(sales, "leads strange", "-fact", "source"), **htmx)
    answer = client.post(address(sales, "leads strange", "-fact", "source"), {"source": "Mine", "version": 1}, **htmx)
    assert (seen.status_code, answer.status_code) == (status, status)
    sales.strange.refresh_from_db()
    assert (sales.strange.source == "Mine") is (role == "admin")


def test_who_only_reads_is_offered_no_way_to_write(sales, visit, htmx):
    finance = visit(sales.person("finance"))
    page = finance.get(address(sales, "deals deal")).content.decode()
    assert "data-edit" not in page
    assert "acts/win" not in page
    assert finance.post(address(sales, "deals deal", "-act", "win"), **htmx).status_code == NO
    assert finance.post(address(sales, "deals deal", "-move"), {"stage": sales.stages[1].pk}, **htmx).status_code == NO
    assert finance.get(address(sales, "companies company", "-part", "sites"), **htmx).status_code == NO
    company = finance.get(address(sales, "companies company")).content.decode()
    deal = finance.get(address(sales, "deals deal")).content.decode()
    listed = finance.get("/deals/?columns=contact&columns=stage").content.decode()
    assert "Castagnet" not in deal + listed
    assert "Castagnet" not in company, "who may not see contacts is not shown them on their company's page"


def test_only_managers_assign(sales, visit, htmx):
    mate = sales.person("mate")
    url = address(sales, "leads own", "-act", "assign")
    assert visit(sales.person("inside")).post(url, {"owner": mate.pk}, **htmx).status_code == NO
    assert visit(sales.person("manager")).post(url, {"owner": mate.pk}, **htmx).status_code == YES
    sales.own.refresh_from_db()
    assert sales.own.owner_id == mate.pk


def test_a_merged_record_leads_to_the_one_that_was_kept(sales, visit, htmx):
    from tests.factories.leads import CompanyFactory, ContactFactory

    client = visit(sales.person("inside"))
    gone_company = CompanyFactory(merged_into=sales.company)
    gone_contact = ContactFactory(merged_into=sales.contact)
    for name, gone, kept in (("company", gone_company, sales.company), ("contact", gone_contact, sales.contact)):
        answer = client.get(reverse(f"records:{name}", args=[gone.pk]))
        assert (answer.status_code, answer.headers["Location"]) == (301, reverse(f"records:{name}", args=[kept.pk]))
    refused = client.post(
        reverse("records:company-fact", args=[gone_company.pk, "name"]), {"name": "X", "version": 1}, **htmx
    )
    assert refused.status_code == 409
