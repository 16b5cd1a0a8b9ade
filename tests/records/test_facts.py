"""Facts changed in place: saved, refused beside the input, and two people on one record."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from leads.services import companies
from leads.services import leads as services
from tests.factories.leads import CompanyFactory, CustomFieldFactory

pytestmark = pytest.mark.django_db


def url(record, key: str) -> str:
    return reverse(f"records:{record._meta.model_name}-fact", args=[record.pk, key])


def hidden(page: str, name: str) -> str:
    import html
    import re

    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return html.unescape(found[1])


def opened(client, record, key: str) -> dict[str, str]:
    page = client.get(url(record, key) + "?edit").content.decode()
    return {"version": hidden(page, "version"), "seen": hidden(page, "seen")}


def test_saved_with_a_way_back(sales, visit, htmx):
    client = visit(sales.person("inside"))
    answer = client.post(url(sales.own, "source"), {"source": "Fair", **opened(client, sales.own, "source")}, **htmx)
    assert answer.status_code == 200
    assert "Fair" in answer.content.decode()
    told = json.loads(answer.headers["HX-Trigger"])["tandem:toast"]
    client.post(told["undo"], **htmx)
    sales.own.refresh_from_db()
    assert sales.own.source == "Website"


def test_nothing_changed_says_nothing(sales, visit, htmx):
    client = visit(sales.person("inside"))
    answer = client.post(url(sales.own, "source"), {"source": "Website", **opened(client, sales.own, "source")}, **htmx)
    assert answer.status_code == 200
    assert "HX-Trigger" not in answer.headers


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("expected_value", {"expected_value": "12", "currency": ""}),
        ("expected_value", {"expected_value": "-5", "currency": "EUR"}),
        ("expected_value", {"expected_value": "12", "currency": "XXZ"}),
        ("expected_value", {"expected_value": "a lot", "currency": "EUR"}),
        ("motion", {"motion": "sideways"}),
        ("company", {"company": "0192f0a0-5c8e-7000-8000-00000000dead"}),
        ("custom.lines", {"value": "many"}),
    ],
)
def test_refused_input_stays_with_the_reason_beside_it(key, given, sales, visit, htmx):
    CustomFieldFactory(key="lines", kind="number")
    client = visit(sales.person("inside"))
    answer = client.post(url(sales.own, key), {**given, **opened(client, sales.own, key)}, **htmx)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'class="bad"' in page or "data-bad" in page or 'role="alert"' in page
    version = sales.own.version
    sales.own.refresh_from_db()
    assert sales.own.version == version


def test_the_same_fact_changed_by_two_shows_the_others_value(sales, visit, htmx):
    client = visit(sales.person("inside"))
    mine = opened(client, sales.own, "source")
    services.change_lead(actor=sales.person("mate"), lead_id=sales.own.pk, changes={"source": "Referral"})
    answer = client.post(url(sales.own, "source"), {"source": "Fair", **mine}, **htmx)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Referral" in page
    assert 'value="Fair"' in page, "what was typed stays"
    again = {"version": hidden(page, "version"), "seen": hidden(page, "seen")}
    assert client.post(url(sales.own, "source"), {"source": "Fair", **again}, **htmx).status_code == 200
    sales.own.refresh_from_db()
    assert sales.own.source == "Fair"


def test_two_facts_changed_by_two_both_stand(sales, visit, htmx):
    client = visit(sales.person("inside"))
    mine = opened(client, sales.own, "source")
    services.change_lead(actor=sales.person("mate"), lead_id=sales.own.pk, changes={"motion": "outside"})
    assert client.post(url(sales.own, "source"), {"source": "Fair", **mine}, **htmx).status_code == 200
    sales.own.refresh_from_db()
    assert (sales.own.source, sales.own.motion) == ("Fair", "outside")


@pytest.mark.parametrize(
    ("kind", "choices", "given", "stored"),
    [
        ("text", [], "Dry goods", "Dry goods"),
        ("number", [], "12.50", "12.5"),
        ("money", [], "12.50 EUR", {"amount": "12.50", "currency": "EUR"}),
        ("date", [], "2026-11-21", "2026-11-21"),
        ("choice", ["A", "B"], "B", "B"),
        ("choices", ["A", "B"], ["A", "B"], ["A", "B"]),
        ("yes_no", [], "yes", True),
    ],
)
def test_an_own_field_of_each_kind(kind, choices, given, stored, sales, visit, htmx):
    CustomFieldFactory(key="extra", kind=kind, choices=choices)
    client = visit(sales.person("inside"))
    answer = client.post(
        url(sales.own, "custom.extra"), {"value": given, **opened(client, sales.own, "custom.extra")}, **htmx
    )
    assert answer.status_code == 200, answer.content.decode()
    sales.own.refresh_from_db()
    assert sales.own.custom == {"extra": stored}
    again = client.get(url(sales.own, "custom.extra") + "?edit").content.decode()
    for word in given if isinstance(given, list) else [given.removesuffix("0") if kind == "number" else given]:
        assert word in again


def test_a_company_becomes_part_of_another_and_back(sales, visit, htmx):
    parent = CompanyFactory(name="Groupe Forez")
    client = visit(sales.person("inside"))
    given = {"parent": str(parent.pk), **opened(client, sales.company, "parent")}
    answer = client.post(url(sales.company, "parent"), given, **htmx)
    assert "Groupe Forez" in answer.content.decode()
    told = json.loads(answer.headers["HX-Trigger"])["tandem:toast"]
    client.post(told["undo"], **htmx)
    sales.company.refresh_from_db()
    assert sales.company.parent is None


def test_an_unknown_fact_is_absent(sales, visit):
    client = visit(sales.person("inside"))
    for key in ("status", "score_total", "owner", "custom.nothing", "search_words"):
        assert client.get(url(sales.own, key)).status_code == 404


def test_what_was_typed_is_escaped(sales, visit, htmx):
    client = visit(sales.person("inside"))
    evil = "<script>alert(1)</script>"
    companies.change_company(actor=sales.person("inside"), company_id=sales.company.pk, changes={"name": evil})
    services.change_lead(actor=sales.person("inside"), lead_id=sales.own.pk, changes={"notes": evil, "source": evil})
    for page in (
        "/leads/",
        "/companies/",
        reverse("records:lead", args=[sales.own.pk]),
        reverse("records:company", args=[sales.company.pk]),
    ):
        assert evil not in client.get(page).content.decode()
