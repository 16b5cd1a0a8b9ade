"""Many rows at once, and the way back."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from crm.core.toasts import undo_address
from leads.models import Lead, SavedView
from leads.services import leads as services
from tests.factories.leads import CustomFieldFactory, LeadFactory, ProductFactory

pytestmark = pytest.mark.django_db


def told(answer) -> list[tuple[str, str]]:
    return [(str(message), undo_address(message.extra_tags)) for message in get_messages(answer.wsgi_request)]


def bulk(client, verb: str, rows, **facts):
    given = {"verb": verb, "ids": [str(getattr(row, "pk", row)) for row in rows], **facts}
    return client.post("/leads/bulk", given, HTTP_HX_REQUEST="true")


def test_assign_and_take_back(sales, visit):
    mate, manager = sales.person("mate"), sales.person("manager")
    leads = [sales.own, sales.free]
    client = visit(manager)
    answer = bulk(client, "assign", leads, owner=mate.pk)
    assert answer.headers["HX-Refresh"] == "true"
    ((text, undo),) = told(answer)
    assert text == "2 rows changed."
    assert set(Lead.objects.filter(owner=mate).values_list("pk", flat=True)) == {lead.pk for lead in leads}
    client.post(undo, HTTP_HX_REQUEST="true")
    for lead in leads:
        owner = lead.owner_id
        lead.refresh_from_db()
        assert lead.owner_id == owner
    assert client.post(undo, HTTP_HX_REQUEST="true").status_code == 404, "once"


def test_what_somebody_changed_since_is_not_taken_back(sales, visit):
    mate, manager = sales.person("mate"), sales.person("manager")
    client = visit(manager)
    ((_text, undo),) = told(bulk(client, "assign", [sales.own, sales.free], owner=mate.pk))
    services.change_lead(actor=mate, lead_id=sales.free.pk, changes={"source": "Fair"})
    answer = client.post(undo, HTTP_HX_REQUEST="true")
    texts = [text for text, _undo in told(answer)]
    assert any("1 could not be taken back" in text for text in texts)
    sales.own.refresh_from_db()
    sales.free.refresh_from_db()
    assert (sales.own.owner, sales.free.owner) == (sales.person("inside"), mate)


def test_the_way_back_is_ones_own(sales, visit):
    ((_text, undo),) = told(bulk(visit(sales.person("manager")), "assign", [sales.own], owner=sales.person("mate").pk))
    assert visit(sales.person("admin")).post(undo).status_code == 404


def test_disqualify_with_a_reason(sales, visit):
    inside = sales.person("inside")
    closed = LeadFactory(owner=inside, qualified=True)
    client = visit(inside)
    asked = client.get("/leads/bulk", {"verb": "disqualify", "ids": [str(sales.own.pk)]}).content.decode()
    assert sales.reason.label in asked
    refused = bulk(client, "disqualify", [sales.own])
    assert refused.status_code == 422
    answer = bulk(client, "disqualify", [sales.own, closed, sales.strange], reason=sales.reason.pk, note="Next year")
    texts = dict(told(answer))
    assert any(text.startswith("2 rows left out") for text in texts)
    undo = next(undo for text, undo in texts.items() if text == "1 row changed.")
    sales.own.refresh_from_db()
    sales.strange.refresh_from_db()
    assert (sales.own.status, sales.own.reason, sales.strange.status) == ("disqualified", sales.reason, "new")
    client.post(undo, HTTP_HX_REQUEST="true")
    sales.own.refresh_from_db()
    assert sales.own.is_open


def test_one_fact_of_many_and_back(sales, visit):
    product = ProductFactory()
    manager = sales.person("manager")
    client = visit(manager)
    ((_text, undo),) = told(bulk(client, "set:product", [sales.own, sales.free], product=product.pk))
    assert Lead.objects.filter(product=product).count() == 2
    client.post(undo, HTTP_HX_REQUEST="true")
    assert not Lead.objects.filter(product=product).exists()


def test_an_own_field_of_many_and_back(sales, visit):
    CustomFieldFactory(key="plant", kind="choice", choices=["Dairy", "Brewery"])
    Lead.objects.filter(pk=sales.own.pk).update(custom={"plant": "Brewery"})
    client = visit(sales.person("manager"))
    ((_text, undo),) = told(bulk(client, "set:custom.plant", [sales.own, sales.free], value="Dairy"))
    assert Lead.objects.filter(custom={"plant": "Dairy"}).count() == 2
    client.post(undo, HTTP_HX_REQUEST="true")
    customs = list(Lead.objects.filter(pk__in=[sales.own.pk, sales.free.pk]).values_list("custom", flat=True))
    assert sorted(customs, key=len) == [{}, {"plant": "Brewery"}]


@pytest.mark.parametrize("verb", ["set:status", "set:owner", "qualify", "nonsense"])
def test_only_what_is_offered(verb, sales, visit):
    assert bulk(visit(sales.person("manager")), verb, [sales.own]).status_code == 404


@pytest.mark.parametrize(
    ("ids", "status"), [(["x"], 422), ([f"0192f0a0-5c8e-7000-8000-{n:012}" for n in range(201)], 422)]
)
def test_too_many_and_nonsense(ids, status, sales, visit):
    assert bulk(visit(sales.person("manager")), "set:motion", ids, motion="inside").status_code == status


def test_put_into_a_view_by_hand(sales, visit):
    inside = sales.person("inside")
    client = visit(inside)
    assert bulk(client, "put", [sales.own]).status_code == 422
    answer = bulk(client, "put", [sales.own, sales.strange], name="Monday")
    view = SavedView.objects.get(owner=inside)
    assert view.filters == {"members": [str(sales.own.pk)]}, "what one does not see cannot be put anywhere"
    shown = client.get(f"/leads/?view={view.pk}", follow=True)
    assert [row["id"] for row in shown.context["rows"]] == [sales.own.pk]
    assert not shown.context["view_changed"]
    ((_text, undo),) = told(answer)
    client.post(undo, HTTP_HX_REQUEST="true")
    view.refresh_from_db()
    assert view.filters == {}


def test_undo_without_scripts_leads_home(sales, visit):
    client = visit(sales.person("manager"))
    ((_text, undo),) = told(bulk(client, "assign", [sales.own], owner=sales.person("mate").pk))
    assert client.post(undo).headers["Location"] == reverse("home")
