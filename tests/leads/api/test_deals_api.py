"""Deals over the API: their way through the stages, their end, what is in them and who shares it."""

from __future__ import annotations

from typing import Any

import pytest

from leads.models import Deal
from tests.api.callers import Caller, body, problem
from tests.factories.accounts import UserFactory
from tests.factories.leads import CustomFieldFactory, DealFactory, ProductFactory, StageFactory

pytestmark = pytest.mark.django_db


def test_a_deal_is_opened_at_the_first_stage_of_its_motion(caller: Caller, pipeline: Any):
    CustomFieldFactory(holder="deal", key="route", motions=["outside"])
    made = caller.post("deals", {"name": "Press", "amount": "12000", "currency": "EUR", "close_on": "2030-06-30"})
    assert made.status_code == 201, made.content
    shown = body(made)
    assert shown["stage"]["name"] == "New"
    assert shown["pipeline"] == {"id": str(pipeline.pk), "name": "Inside"}
    assert (shown["state"], shown["forecast"], shown["own_forecast"]) == ("open", "pipeline", None)
    assert shown["owner"]["id"] == str(caller.user.pk)
    assert [(split["user"]["id"], split["share"]) for split in shown["splits"]] == [(str(caller.user.pk), "1.0000")]
    problem(caller.patch(f"deals/{shown['id']}", {"custom": {"route": "A"}}), 422, "invalid", "other_motion")


def test_a_deal_moves_and_is_won_reopened_lost(caller: Caller, pipeline: Any, reasons: Any):
    deal = DealFactory(owner=caller.user, stage=pipeline.stages.first())
    at, offer = f"deals/{deal.pk}", pipeline.stages.get(name="Offer")
    moved = body(caller.post(f"{at}/move", {"stage": str(offer.pk)}))
    assert (moved["stage"]["name"], moved["forecast"]) == ("Offer", "best_case")
    won = body(caller.post(f"{at}/win", {"reason": str(reasons["won"].pk), "closed_on": "2026-01-15"}))
    assert (won["state"], won["forecast"], won["closed_on"]) == ("won", "closed", "2026-01-15")
    problem(caller.post(f"{at}/lose", {"reason": str(reasons["lost"].pk)}), 409, "conflict", "no_such_move")
    assert body(caller.post(f"{at}/reopen"))["closed_on"] is None
    lost = body(caller.post(f"{at}/lose", {"reason": str(reasons["lost"].pk), "competitor": "Rival"}))
    assert (lost["state"], lost["reason"]["name"], lost["competitor"]) == ("lost", reasons["lost"].label, "Rival")
    assert lost["forecast"] == "omitted"


@pytest.mark.parametrize("owned", ["state", "stage", "stage_since", "closed_on", "reason", "owner", "splits", "lines"])
def test_what_verbs_decide_cannot_be_sent(caller: Caller, owned: str):
    deal = DealFactory(owner=caller.user)
    problem(caller.patch(f"deals/{deal.pk}", {owned: None}), 422, "invalid", "unknown_field")


def test_the_amount_follows_from_the_products(caller: Caller):
    deal, product = DealFactory(owner=caller.user, currency="EUR"), ProductFactory(price="100", currency="EUR")
    at = f"deals/{deal.pk}"
    lines = [
        {"product": str(product.pk), "quantity": "3", "discount_rate": "0.1"},
        {"product": str(product.pk), "unit_price": "9.995"},
    ]
    shown = body(caller.post(f"{at}/lines", {"lines": lines}))
    assert shown["amount"] == "280.00"
    assert [(line["product"]["name"], line["quantity"]) for line in shown["lines"]] == [
        (product.name, "3.000"),
        (product.name, "1.000"),
    ]
    problem(caller.patch(at, {"amount": "5"}), 409, "conflict", "has_lines")
    refused = problem(caller.post(f"{at}/lines", {"lines": [{"product": str(deal.pk)}]}), 422, "invalid")
    assert refused["errors"][0]["pointer"] == "/lines/0/product"


def test_shares_add_up_to_one(caller: Caller):
    mate = UserFactory(team=caller.user.team)
    deal = DealFactory(owner=caller.user)
    splits = [{"user": str(caller.user.pk), "share": "0.7", "role": "owner"}, {"user": str(mate.pk), "share": "0.3"}]
    shown = body(caller.post(f"deals/{deal.pk}/splits", {"splits": splits}))
    assert [(one["user"]["id"], one["share"]) for one in shown["splits"]] == [
        (str(caller.user.pk), "0.7000"),
        (str(mate.pk), "0.3000"),
    ]
    problem(caller.post(f"deals/{deal.pk}/splits", {"splits": splits[:1]}), 422, "invalid", "not_whole")


def test_who_shares_a_deal_sees_it_but_not_who_else_does(caller: Caller, stranger: Any):
    deal = DealFactory(owner=caller.user)
    boss = Caller(UserFactory(admin=True))
    splits = [{"user": str(caller.user.pk), "share": "0.5"}, {"user": str(stranger.pk), "share": "0.5"}]
    boss.post(f"deals/{deal.pk}/splits", {"splits": splits})
    seen = body(Caller(stranger).get(f"deals/{deal.pk}"))
    assert sorted(split["user"] is None for split in seen["splits"]) == [False, True]
    assert seen["owner"] is None


def test_a_deal_is_given_away(caller: Caller):
    mate, deal = UserFactory(team=caller.user.team), DealFactory(owner=caller.user)
    shown = body(caller.post(f"deals/{deal.pk}/assign", {"to": str(mate.pk)}))
    assert shown["owner"]["id"] == str(mate.pk)


def test_deals_are_narrowed(caller: Caller):
    stage = StageFactory()
    wanted = DealFactory(owner=caller.user, stage=stage, motion="hybrid", state="won", closed_on="2026-01-01")
    DealFactory(owner=caller.user)
    for query in (
        {"stage": stage.pk},
        {"pipeline": stage.pipeline_id},
        {"state": "won"},
        {"motion": "hybrid"},
        {"company": wanted.company_id},
    ):
        assert [row["id"] for row in caller.walk("deals", **query)] == [str(wanted.pk)], query
    assert len(caller.walk("deals", owner=caller.user.pk)) == 2


def test_nobody_changes_a_deal_out_of_sight(caller: Caller, stranger: Any):
    deal = DealFactory(owner=stranger)
    for verb, data in (
        ("reopen", None),
        ("move", {"stage": str(deal.stage_id)}),
        ("win", {}),
        ("assign", {"to": None}),
    ):
        problem(caller.post(f"deals/{deal.pk}/{verb}", data), 404, "not_found")
    assert Deal.objects.get().version == 1
