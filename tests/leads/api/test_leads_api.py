"""Leads over the API: enquiries come in flat, verbs move them, lists narrow and stay flat in queries."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from crm.core import clock, ids
from crm.core.models import JournalEntry
from leads.models import Contact, Deal, Lead
from leads.services import finding
from tests.api.callers import Caller, body, problem
from tests.factories.accounts import UserFactory
from tests.factories.leads import (
    CampaignFactory,
    CompanyFactory,
    CustomFieldFactory,
    LeadFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db

ENQUIRY = {
    "first_name": "Inès",
    "last_name": "Moreau",
    "email": "Ines@moreau.example",
    "phone": "04 72 00 00 00",
    "job_title": "Head of purchasing",
    "company_name": "Ateliers Moreau SARL",
    "website": "https://moreau.example",
    "street": "1 rue de la Paix",
    "city": "Lyon",
    "region": "Rhône",
    "postal_code": "69002",
    "country": "FR",
    "latitude": "45.7600",
    "longitude": "4.8300",
    "source": "Trade show",
    "channel": "event",
    "expected_value": "12000.50",
    "currency": "EUR",
    "needs_demo": True,
    "external_source": "website",
    "external_id": "e-1",
    "notes": "Two machines,\nbefore summer.",
}


# --- Enquiries -------------------------------------------------------------------------------------------------------


def test_an_enquiry_comes_in_flat_and_becomes_one_lead(boss: Caller):
    product = ProductFactory(name="GTX Pro", name_key="gtxpro")
    answer = boss.post("leads", ENQUIRY | {"product": "gtx pro"})
    assert answer.status_code == 201, answer.content
    shown = body(answer)
    assert (shown["status"], shown["motion"], shown["owner"], shown["territory"]) == ("new", None, None, None)
    assert shown["score"] == {"fit": None, "engagement": None, "total": None}
    assert shown["expected_value"] == "12000.50"
    assert shown["product"] == {"id": str(product.pk), "name": "GTX Pro"}
    assert shown["contact"]["name"] == "Inès Moreau"
    assert shown["company"]["name"] == "Ateliers Moreau SARL"
    assert shown["site"]["name"] == "1 rue de la Paix, 69002, Lyon, FR"
    assert answer.headers["Location"].endswith(f"/api/v1/leads/{shown['id']}")
    contact = Contact.objects.get()
    assert contact.emails.get().key == "ines@moreau.example"
    assert contact.phones.get().number == "+33472000000"


def test_the_product_may_be_named_by_its_id(boss: Caller):
    product = ProductFactory()
    shown = body(boss.post("leads", {"last_name": "Moreau", "product": str(product.pk)}))
    assert shown["product"]["id"] == str(product.pk)
    for wrong in (str(ids.uuid7()), "No such thing"):
        problem(boss.post("leads", {"last_name": "Moreau", "product": wrong}), 422, "invalid")


def test_a_repeat_with_the_same_id_makes_no_second_lead(boss: Caller, caller: Caller):
    for one in (boss, caller):
        sent = {"id": str(ids.uuid7()), "last_name": "Twice", "email": f"{one.user.pk}@firm.example"}
        first, again = one.post("leads", sent), one.post("leads", sent)
        assert first.status_code == again.status_code == 201
        assert body(first) == body(again)
    assert Lead.objects.count() == 2


def test_what_a_rep_enters_is_theirs_and_what_a_manager_enters_waits_for_routing(boss: Caller, caller: Caller):
    assert body(caller.post("leads", {"last_name": "Mine"}))["owner"]["id"] == str(caller.user.pk)
    assert body(boss.post("leads", {"last_name": "Nobody's"}))["owner"] is None


@pytest.mark.parametrize(
    ("data", "at", "code"),
    [
        ({}, "/last_name", "required"),
        ({"last_name": "A", "latitude": "45"}, "/longitude", "half_a_place"),
        ({"last_name": "A", "email": "nobody"}, "/email", "invalid"),
        ({"last_name": "A", "phone": "call me"}, "/phone", "bad_phone"),
        ({"last_name": "A", "country": "Atlantis"}, "/country", "bad_country"),
        ({"last_name": "A", "expected_value": "12"}, None, None),
        ({"last_name": "A", "expected_value": 12.5, "currency": "ZZZ"}, "/currency", None),
        ({"last_name": "A", "motion": "sideways"}, "/motion", "invalid_choice"),
        ({"last_name": "A", "contact": str(ids.uuid7())}, "/contact", "not_found"),
        ({"last_name": "A", "custom": {"nothing": 1}}, "/custom/nothing", "unknown_field"),
        ({"last_name": "A", "owner": None}, "/owner", "unknown_field"),
        ({"last_name": "A", "status": "qualified"}, "/status", "unknown_field"),
        ({"last_name": "A", "score": {"fit": 99}}, "/score", "unknown_field"),
        ({"last_name": "A", "arrived_at": "2020-01-01T00:00:00Z"}, "/arrived_at", "unknown_field"),
    ],
)
def test_a_bad_enquiry_is_refused_where_it_is_bad(boss: Caller, data: Any, at: str | None, code: str | None):
    refused = problem(boss.post("leads", data), 422, "invalid")
    if at:
        assert at in [fault["pointer"] for fault in refused["errors"]], refused
    if code:
        assert code in [fault["code"] for fault in refused["errors"]], refused
    assert not Lead.objects.exists()
    assert not JournalEntry.objects.filter(event="lead.created").exists()


def test_upsert_by_external_id(boss: Caller):
    path = "leads/by-external/web/enquiry%2F7"
    first = boss.send("PUT", path, {"last_name": "Moreau", "email": "i@moreau.example", "source": "Web"})
    assert first.status_code == 201, first.content
    again = boss.send("PUT", path, {"source": "Fair"})
    assert again.status_code == 200
    assert body(again)["id"] == body(first)["id"]
    assert (body(again)["source"], body(again)["external_id"]) == ("Fair", "enquiry/7")
    assert body(again)["contact"] == body(first)["contact"], "what is not named stays"
    assert Lead.objects.count() == 1


def test_a_rep_may_upsert_twice(caller: Caller):
    for status in (201, 200):
        answer = caller.send("PUT", "leads/by-external/web/1", {"last_name": "Moreau", "notes": "x"})
        assert answer.status_code == status, answer.content


def test_upsert_finds_nothing_of_others(caller: Caller, stranger: Any):
    LeadFactory(owner=stranger, external_source="web", external_id="1")
    problem(caller.send("PUT", "leads/by-external/web/1", {"notes": "x"}), 404, "not_found")


@pytest.mark.parametrize("path", ["leads/by-external/web/a%00b", f"leads/by-external/{'x' * 61}/1"])
def test_an_impossible_external_id_is_no_fault_of_ours(boss: Caller, path: str):
    assert boss.send("PUT", path, {"last_name": "A"}).status_code == 422


# --- Change and verbs ----------------------------------------------------------------------------------------------------


def test_a_change_touches_what_it_names(caller: Caller):
    lead, campaign = LeadFactory(owner=caller.user, source="Web"), CampaignFactory()
    changed = caller.patch(f"leads/{lead.pk}", {"motion": "outside", "campaign": campaign.name}, If_Match='"1"')
    assert changed.status_code == 200, changed.content
    assert body(changed)["motion"] == "outside"
    assert body(changed)["campaign"]["id"] == str(campaign.pk)
    assert body(changed)["source"] == "Web"
    problem(caller.patch(f"leads/{lead.pk}", {"source": "x"}, If_Match='"1"'), 412, "version_conflict")
    for owned in ("status", "owner", "reason", "score", "territory", "arrived_at", "connected_at", "version"):
        problem(caller.patch(f"leads/{lead.pk}", {owned: None}), 422, "invalid", "unknown_field")


def test_a_lead_goes_its_way_by_verbs(caller: Caller, reasons: Any):
    lead = LeadFactory(owner=caller.user)
    at = f"leads/{lead.pk}"
    assert body(caller.post(f"{at}/attempt"))["status"] == "attempting"
    assert body(caller.post(f"{at}/connect"))["status"] == "connected"
    disqualified = body(caller.post(f"{at}/disqualify", {"reason": str(reasons["disqualified"].pk), "note": "No"}))
    assert (disqualified["status"], disqualified["reason"]["name"]) == ("disqualified", reasons["disqualified"].label)
    problem(caller.post(f"{at}/qualify", {}), 409, "conflict", "no_such_move")
    assert body(caller.post(f"{at}/reopen"))["status"] == "connected"
    qualified = caller.post(f"{at}/qualify", {"deal": {"name": "Press", "amount": "10.00", "currency": "EUR"}})
    assert body(qualified)["status"] == "qualified"
    deal = Deal.objects.get()
    assert (deal.name, deal.lead_id, deal.owner_id) == ("Press", lead.pk, caller.user.pk)


def test_a_reason_of_another_kind_does_not_disqualify(caller: Caller, reasons: Any):
    lead = LeadFactory(owner=caller.user)
    problem(caller.post(f"leads/{lead.pk}/disqualify", {"reason": str(reasons["lost"].pk)}), 422, "invalid")


def test_only_who_answers_for_people_assigns(boss: Caller, caller: Caller):
    lead = LeadFactory(owner=caller.user)
    problem(caller.post(f"leads/{lead.pk}/assign", {"to": str(caller.user.pk)}), 403, "forbidden")
    assert body(boss.post(f"leads/{lead.pk}/assign", {"to": None}))["owner"] is None
    assert body(boss.post(f"leads/{lead.pk}/assign", {"to": str(caller.user.pk)}))["owner"]["id"] == str(caller.user.pk)
    problem(boss.post(f"leads/{lead.pk}/assign", {"to": str(UserFactory().pk)}), 422, "invalid")


def test_a_verb_heeds_the_version_seen(caller: Caller):
    lead = LeadFactory(owner=caller.user)
    problem(caller.post(f"leads/{lead.pk}/attempt", If_Match='"7"'), 412, "version_conflict")


# --- Lists ---------------------------------------------------------------------------------------------------------------


def found(one: Caller, **query: Any) -> set[str]:
    return {row["id"] for row in one.walk("leads", **query)}


def test_leads_are_narrowed_by_every_filter(boss: Caller, rep: Any):
    product, campaign = ProductFactory(), CampaignFactory()
    wanted = LeadFactory(
        owner=rep, status="attempting", motion="hybrid", source="Fair", channel="event", direction="outbound",
        product=product, campaign=campaign, external_source="erp", external_id="77",
    )  # fmt: skip
    other = LeadFactory()
    Lead.objects.filter(pk=other.pk).update(
        arrived_at=clock.now() - timedelta(days=9), created_at=clock.now() - timedelta(days=9)
    )
    yesterday = (clock.now() - timedelta(days=1)).isoformat()
    for query in (
        {"status": "attempting"},
        {"owner": rep.pk},
        {"has_owner": "true"},
        {"motion": "hybrid"},
        {"source": "Fair"},
        {"channel": "event"},
        {"direction": "outbound"},
        {"contact": wanted.contact_id},
        {"company": wanted.company_id},
        {"product": product.pk},
        {"campaign": campaign.pk},
        {"external_source": "erp"},
        {"external_id": "77"},
        {"arrived_since": yesterday},
        {"created_since": yesterday},
    ):
        assert found(boss, **query) == {str(wanted.pk)}, query
    assert found(boss, arrived_before=yesterday) == {str(other.pk)}
    assert found(boss, is_open="true") == {str(wanted.pk), str(other.pk)}
    assert found(boss, is_open="false") == set()
    Lead.objects.filter(pk=other.pk).update(updated_at=clock.now() - timedelta(days=9))
    assert found(boss, updated_since=yesterday) == {str(wanted.pk)}


def test_leads_are_found_by_words(boss: Caller):
    lead, _other = LeadFactory(contact__first_name="Zoë", contact__last_name="Quint"), LeadFactory()
    finding.index_words(lead)
    assert found(boss, search="zoe qui") == {str(lead.pk)}
    assert found(boss, search="…") == set()


def test_a_list_shows_what_one_may_see(boss: Caller, caller: Caller, stranger: Any):
    mine, unowned, theirs = LeadFactory(owner=caller.user), LeadFactory(), LeadFactory(owner=stranger)
    assert found(caller) == {str(mine.pk)}
    assert found(boss) == {str(mine.pk), str(unowned.pk)}
    problem(caller.get(f"leads/{theirs.pk}"), 404, "not_found")
    assert found(caller, owner=stranger.pk) == set()


def test_an_owner_out_of_sight_is_not_named(caller: Caller, stranger: Any):
    company = CompanyFactory(owner=stranger)
    assert body(caller.get(f"companies/{company.pk}"))["owner"] is None
    assert caller.walk("companies", owner=stranger.pk) == []


SIGN_IN = re.compile('"django_session"|usersessions')


@pytest.mark.parametrize("path", ["leads", "companies", "contacts", "deals"])
def test_a_page_costs_six_queries_however_long(path: str, boss: Caller, count_queries: Any):
    numbers = []
    for rows in (3, 47):
        make_many(path, rows, boss.user)
        boss.get(path)
        with count_queries() as queries:
            answer = boss.get(path, limit=50)
        assert len(body(answer)["results"]) == (3 if rows == 3 else 50)
        numbers.append(queries.number)
    assert numbers[0] == numbers[1] <= 6, "\n".join(queries.statements)


def make_many(path: str, number: int, owner: Any) -> None:
    from tests.factories.leads import (
        ConsentFactory,
        DealFactory,
        DealLineFactory,
        DealSplitFactory,
        EmailFactory,
        PhoneFactory,
        ReasonFactory,
        SiteFactory,
    )

    CustomFieldFactory(holder={"companies": "company"}.get(path, path.removesuffix("s")))
    for _ in range(number):
        site = SiteFactory(company__owner=owner, company__parent=CompanyFactory() if path != "companies" else None)
        PhoneFactory(contact=None, company=site.company)
        EmailFactory(contact=None, company=site.company)
        if path == "companies":
            continue
        lead = LeadFactory(
            contact__company=site.company, site=site, owner=owner, product=ProductFactory(), campaign=CampaignFactory(),
            disqualified=True, reason=ReasonFactory(),
        )  # fmt: skip
        PhoneFactory(contact=lead.contact)
        EmailFactory(contact=lead.contact)
        ConsentFactory(contact=lead.contact)
        if path == "deals":
            deal = DealFactory(lead=lead, company=site.company, contact=lead.contact, owner=owner)
            DealLineFactory(deal=deal)
            DealSplitFactory(deal=deal, user=owner)


def test_a_new_enquiry_costs_fourteen_queries(boss: Caller, count_queries: Any):
    boss.post("leads", {"last_name": "First", "email": "first@first.example"})
    with count_queries() as queries:
        answer = boss.post("leads", ENQUIRY)
    assert answer.status_code == 201
    counted = [one for one in queries.statements if "SAVEPOINT" not in one]
    assert len(counted) <= 14, "\n\n".join(one[:300] for one in counted)


# --- The organisation's own fields ---------------------------------------------------------------------------------------


def test_own_fields_are_written_read_and_filtered(boss: Caller):
    CustomFieldFactory(key="machines", kind="number")
    CustomFieldFactory(key="grade", kind="choice", choices=["Gold", "Silver"], default="Silver")
    made = body(boss.post("leads", {"last_name": "A", "custom": {"machines": 4}}))
    assert made["custom"] == {"machines": "4", "grade": "Silver"}
    other = body(boss.post("leads", {"last_name": "B", "email": "b@b.example", "custom": {"grade": "Gold"}}))
    assert found(boss, **{"custom.machines": "4.0"}) == {made["id"]}
    assert found(boss, **{"custom.machines.gte": "3", "custom.grade": "Silver"}) == {made["id"]}
    assert found(boss, **{"custom.machines.empty": "true"}) == {other["id"]}
    assert found(boss, **{"custom.grade.any": "Gold; Silver"}) == {made["id"], other["id"]}
    changed = body(boss.patch(f"leads/{made['id']}", {"custom": {"grade": None}}))
    assert changed["custom"] == {"machines": "4", "grade": None}
    entry = JournalEntry.objects.get(event="lead.changed", object_id=made["id"])
    assert entry.changes == {"custom.grade": ["Silver", None]}
    problem(boss.patch(f"leads/{made['id']}", {"custom": {"machines": "many"}}), 422, "invalid")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("custom.nothing", "1", "unknown_parameter"),
        ("custom.machines.contains", "1", "unknown_parameter"),
        ("custom.machines", "many", "invalid"),
        ("custom.machines.empty", "perhaps", "invalid"),
    ],
)
def test_a_filter_by_an_own_field_is_strict(boss: Caller, name: str, value: str, code: str):
    CustomFieldFactory(key="machines", kind="number")
    problem(boss.get("leads", **{name: value}), 400, "bad_parameter", code)


def test_own_fields_stand_in_the_document_of_this_organisation(boss: Caller):
    def lead_custom() -> dict[str, Any]:
        return body(boss.get("schema"))["components"]["schemas"]["LeadCustom"]

    assert "properties" not in lead_custom()
    field = CustomFieldFactory(key="grade", kind="choice", choices=["Gold", "Silver"])
    shape = lead_custom()["properties"]["grade"]
    assert {"type": "string", "enum": ["Gold", "Silver"]} in shape["oneOf"]
    listing = body(boss.get("schema"))["paths"]["/api/v1/leads"]["get"]["parameters"]
    assert {"custom.grade", "custom.grade.any"} <= {one.get("name") for one in listing}
    field.is_active = False
    field.save()
    assert "properties" not in lead_custom()


def test_what_is_answered_at_once_is_what_is_read_later(boss: Caller, caller: Caller):
    """The answer to a create is made of the rows at hand; reading the lead afterwards says the same, to the letter."""
    for one in (boss, caller):
        sent = ENQUIRY | {"email": f"{one.user.pk}@moreau.example", "external_id": str(one.user.pk)}
        made = one.post("leads", sent)
        read = one.get(f"leads/{body(made)['id']}")
        assert body(made) == body(read)
        assert made.headers["ETag"] == read.headers["ETag"]


@pytest.mark.parametrize(
    ("order", "expected"), [("score", [10, 10, 40, 90, None, None]), ("-score", [90, 40, 10, 10, None, None])]
)
@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6])
def test_by_score_each_lead_comes_once_and_those_without_one_last(order, expected, limit, boss: Caller):
    ids_by_score = [LeadFactory(score_total=score).pk for score in (40, None, 10, 90, 10, None)]
    path, seen = f"leads?order={order}&limit={limit}", []
    while path:
        answer = body(boss.get(path))
        seen += answer["results"]
        path = answer["next"] and "leads?" + answer["next"].partition("?")[2]
    assert [lead["score"]["total"] for lead in seen] == expected
    assert sorted(lead["id"] for lead in seen) == sorted(map(str, ids_by_score))
