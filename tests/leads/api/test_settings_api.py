"""Products, campaigns, pipelines, reasons, own fields and saved views over the API."""

from __future__ import annotations

from typing import Any

import pytest

from crm.core import ids
from leads.models import Pipeline, Reason, SavedView, Stage
from leads.services.defaults import ensure_defaults
from tests.api.callers import Caller, body, problem
from tests.factories.leads import (
    CampaignFactory,
    ContactFactory,
    DealFactory,
    ProductFactory,
    ReferralLinkFactory,
    SavedViewFactory,
)

pytestmark = pytest.mark.django_db

OFFERS = [
    ("products", {"name": "GTX Pro", "price": "12.5", "currency": "EUR"}, "GTXpro"),
    ("campaigns", {"name": "Fair 2030", "cost": "12.50", "currency": "EUR"}, "FAIR2030"),
]


@pytest.mark.parametrize(("path", "data", "same"), OFFERS)
def test_what_is_sold_is_made_changed_put_away_and_used_again(
    boss: Caller, caller: Caller, path: str, data: Any, same: str
):
    problem(caller.post(path, data), 403, "forbidden")
    made = boss.post(path, data | {"id": str(ids.uuid7())})
    assert made.status_code == 201, made.content
    shown, at = body(made), f"{path}/{body(made)['id']}"
    assert shown.get("price", shown.get("cost")) == "12.50"
    problem(boss.post(path, data | {"name": same}), 409, "conflict", "already_exists")
    assert [row["id"] for row in caller.walk(path, name=same)] == [shown["id"]]
    assert body(boss.patch(at, {"name": "Other"}))["name"] == "Other"
    problem(boss.patch(at, {"currency": ""}), 422, "invalid")
    problem(boss.patch(at, {"is_active": False}), 422, "invalid", "unknown_field")
    assert body(boss.post(f"{at}/put-away"))["is_active"] is False
    assert caller.walk(path, is_active="true") == []
    assert body(boss.post(f"{at}/use-again"))["is_active"] is True
    problem(caller.post(f"{at}/put-away"), 403, "forbidden")


def test_a_contact_gets_a_link_to_pass_on(caller: Caller):
    contact, campaign = ContactFactory(), CampaignFactory()
    made = caller.post(
        "referral-links", {"contact": str(contact.pk), "campaign": str(campaign.pk), "reward": "promised"}
    )
    assert made.status_code == 201, made.content
    shown = body(made)
    assert len(shown["token"]) == 16
    problem(
        caller.post("referral-links", {"contact": str(contact.pk), "token": "mine"}), 422, "invalid", "unknown_field"
    )
    assert body(caller.patch(f"referral-links/{shown['id']}", {"reward": "given"}))["reward"] == "given"
    assert body(caller.post(f"referral-links/{shown['id']}/put-away"))["is_active"] is False
    ReferralLinkFactory()
    assert [row["id"] for row in caller.walk("referral-links", contact=contact.pk)] == [shown["id"]]
    caller.post(f"contacts/{contact.pk}/forbid", {})
    problem(caller.post("referral-links", {"contact": str(contact.pk)}), 409, "conflict", "do_not_contact")


# --- Pipelines and stages -----------------------------------------------------------------------------------------------


def names(pipeline: Any) -> list[str]:
    return [stage["name"] for stage in pipeline["stages"]]


def test_defaults_are_there_once(caller: Caller):
    ensure_defaults()
    ensure_defaults()
    assert [row["name"] for row in caller.walk("pipelines", order="position")] == ["Inside", "Outside"]
    assert {row["kind"] for row in caller.walk("reasons")} == set(Reason.Kind.values)
    assert Pipeline.objects.count() == 2


def test_a_pipeline_is_made_with_its_stages_in_order(boss: Caller):
    made = boss.post(
        "pipelines",
        {"name": "Renewals", "motion": "inside", "stages": [{"name": "B"}, {"name": "A", "probability": 80}]},
    )
    assert made.status_code == 201, made.content
    assert names(body(made)) == ["B", "A"]
    assert [stage["position"] for stage in body(made)["stages"]] == [0, 1]
    problem(boss.post("pipelines", {"name": "None", "stages": []}), 422, "invalid")
    problem(boss.post("pipelines", {"name": "Renewals", "stages": [{"name": "x"}]}), 409, "conflict", "already_exists")
    problem(boss.post("pipelines", {"name": "Twice", "stages": [{"name": "x"}, {"name": "x"}]}), 409, "conflict")
    assert not Pipeline.objects.filter(name="Twice").exists()


def test_stages_are_added_moved_and_changed(boss: Caller, caller: Caller, pipeline: Any):
    added = boss.post("stages", {"pipeline": str(pipeline.pk), "name": "Survey", "to": 1})
    assert added.status_code == 201, added.content
    at = f"pipelines/{pipeline.pk}"
    assert names(body(caller.get(at))) == ["New", "Survey", "Demo", "Offer", "Decision"]
    boss.post(f"stages/{body(added)['id']}/move", {"to": 4})
    assert names(body(caller.get(at))) == ["New", "Demo", "Offer", "Decision", "Survey"]
    assert body(boss.patch(f"stages/{body(added)['id']}", {"probability": 95, "stale_days": None}))["probability"] == 95
    assert len(caller.walk("stages", pipeline=pipeline.pk)) == 5
    problem(caller.post(f"stages/{body(added)['id']}/move", {"to": 0}), 403, "forbidden")


def test_a_stage_with_deals_goes_only_with_a_place_for_them(boss: Caller, pipeline: Any):
    demo, offer = pipeline.stages.get(name="Demo"), pipeline.stages.get(name="Offer")
    deal = DealFactory(stage=demo)
    problem(boss.delete(f"stages/{demo.pk}"), 409, "conflict", "stage_in_use")
    elsewhere = Stage.objects.exclude(pipeline=pipeline).first()
    problem(boss.post(f"stages/{demo.pk}/merge", {"into": str(elsewhere.pk)}), 422, "invalid")
    merged = boss.post(f"stages/{demo.pk}/merge", {"into": str(offer.pk)})
    assert body(merged)["id"] == str(offer.pk)
    deal.refresh_from_db()
    assert (deal.stage_id, deal.version) == (offer.pk, 2)
    assert boss.delete(f"stages/{pipeline.stages.get(name='New').pk}").status_code == 204
    assert names(body(boss.get(f"pipelines/{pipeline.pk}"))) == ["Offer", "Decision"]


def test_one_pipeline_and_one_stage_stay(boss: Caller, pipeline: Any):
    other = Pipeline.objects.exclude(pk=pipeline.pk).get()
    assert body(boss.post(f"pipelines/{other.pk}/put-away"))["is_active"] is False
    problem(boss.post(f"pipelines/{pipeline.pk}/put-away"), 409, "conflict", "last_pipeline")
    for stage in pipeline.stages.all()[1:]:
        assert boss.delete(f"stages/{stage.pk}").status_code == 204
    problem(boss.delete(f"stages/{pipeline.stages.get().pk}"), 409, "conflict", "last_stage")


def test_pipelines_and_reasons_stand_in_another_order(boss: Caller, defaults: Any):
    last = Pipeline.objects.last()
    boss.post(f"pipelines/{last.pk}/move", {"to": 0})
    assert boss.walk("pipelines", order="position")[0]["id"] == str(last.pk)
    lost = boss.walk("reasons", kind="lost", order="position")
    boss.post(f"reasons/{lost[-1]['id']}/move", {"to": 0})
    assert boss.walk("reasons", kind="lost", order="position")[0]["id"] == lost[-1]["id"]


def test_reasons_are_added_worded_anew_and_no_longer_offered(boss: Caller, caller: Caller):
    made = body(boss.post("reasons", {"kind": "lost", "label": "Too late"}))
    at = f"reasons/{made['id']}"
    problem(boss.post("reasons", {"kind": "lost", "label": "Too late"}), 409, "conflict", "already_exists")
    assert body(boss.patch(at, {"label": "Too late for them"}))["label"] == "Too late for them"
    problem(boss.patch(at, {"kind": "won"}), 422, "invalid", "unknown_field")
    boss.post(f"{at}/put-away")
    assert caller.walk("reasons", is_active="true") == []


def test_pipelines_with_their_stages_cost_the_same_however_many(boss: Caller, defaults: Any, count_queries: Any):
    boss.get("pipelines")
    numbers = []
    for number in range(2):
        with count_queries() as queries:
            boss.get("pipelines")
        numbers.append(queries.number)
        for one in range(5):
            boss.post("pipelines", {"name": f"P{number}{one}", "stages": [{"name": "a"}, {"name": "b"}]})
    assert numbers[0] == numbers[1] <= 6


# --- Own fields ----------------------------------------------------------------------------------------------------------


def test_a_field_is_defined_over_the_api(boss: Caller, caller: Caller):
    problem(caller.post("custom-fields", {"holder": "lead", "kind": "text", "label": "X"}), 403, "forbidden")
    made = boss.post("custom-fields", {"holder": "lead", "kind": "number", "label": "Machines on site", "default": "2"})
    assert made.status_code == 201, made.content
    shown = body(made)
    assert (shown["key"], shown["default"], shown["link_to"]) == ("machines_on_site", "2", None)
    at = f"custom-fields/{shown['id']}"
    for fixed in ("key", "kind", "holder"):
        problem(boss.patch(at, {fixed: "text"}), 422, "invalid", "unknown_field")
    assert body(boss.patch(at, {"label": "Machines", "default": None}))["default"] is None
    assert caller.walk("custom-fields", holder="lead", is_active="true")[0]["label"] == "Machines"
    boss.post(f"{at}/put-away")
    assert caller.walk("custom-fields", is_active="true") == []
    assert body(boss.post(f"{at}/use-again"))["is_active"] is True
    problem(boss.post("custom-fields", {"holder": "lead", "kind": "choice", "label": "Y"}), 422, "invalid")


# --- Saved views -----------------------------------------------------------------------------------------------------------


def test_a_view_is_its_owner_s_and_may_be_shared(boss: Caller, caller: Caller):
    made = caller.post(
        "saved-views", {"of": "leads", "name": "New ones", "filters": {"status": ["new"]}, "columns": ["name"]}
    )
    assert made.status_code == 201, made.content
    at = f"saved-views/{body(made)['id']}"
    problem(boss.get(at), 404, "not_found")
    assert body(caller.patch(at, {"is_shared": True}))["is_shared"] is True
    assert body(boss.get(at))["filters"] == {"status": ["new"]}
    problem(boss.patch(at, {"name": "Mine now"}), 403, "forbidden")
    assert caller.delete(at).status_code == 204
    assert not SavedView.objects.exists()


def test_views_are_narrowed_to_a_list(caller: Caller):
    wanted = SavedViewFactory(owner=caller.user, of="deals")
    SavedViewFactory(owner=caller.user, of="leads")
    assert [row["id"] for row in caller.walk("saved-views", of="deals")] == [str(wanted.pk)]


@pytest.mark.parametrize("filters", [[], "x", {str(one): 1 for one in range(61)}, {"a": "x" * 200_001}])
def test_filters_are_an_object_of_some_size(caller: Caller, filters: Any):
    problem(caller.post("saved-views", {"of": "leads", "name": "A", "filters": filters}), 422, "invalid")


def test_a_product_in_sight_is_all_one_needs(caller: Caller):
    assert body(caller.get(f"products/{ProductFactory().pk}"))["is_active"] is True
