"""The settings pages of sales: everybody reads them, managers change them, and nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from leads.models import Campaign, CustomField, Pipeline, Product, Reason, Stage
from tests.factories.leads import (
    CampaignFactory,
    CustomFieldFactory,
    DealFactory,
    LeadFactory,
    PipelineFactory,
    ProductFactory,
    ReasonFactory,
    StageFactory,
)

pytestmark = pytest.mark.django_db

LISTS = ("products", "campaigns", "pipelines", "reasons", "fields")
NEW = ("new_product", "new_campaign", "new_pipeline", "new_reason", "new_field")


def url(name: str, *args: Any, **query: str) -> str:
    return reverse(f"sales:{name}", args=args) + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")


def text(answer: Any) -> str:
    return answer.content.decode()


@pytest.fixture
def something(defaults: None) -> dict[str, Any]:
    """One of each, and one put away."""
    for make in (ProductFactory, CampaignFactory, ReasonFactory, CustomFieldFactory):
        make(is_active=False)
    pipeline = Pipeline.objects.first()
    return {
        "product": ProductFactory(price="12.50", currency="EUR", margin_rate="0.35"),
        "campaign": CampaignFactory(),
        "pipeline": pipeline,
        "edit_pipeline": pipeline,
        "new_stage": pipeline,
        "stage": pipeline.stages.first(),
        "reason": ReasonFactory(),
        "field": CustomFieldFactory(
            kind="choice", choices=["A", "B"], default="A", motions=["inside"], is_required=True
        ),
    }


def test_every_page_opens_for_a_manager(chief: Client, something: Any):
    for name in (*LISTS, *NEW):
        assert chief.get(url(name)).status_code == 200, name
    for name, record in something.items():
        assert chief.get(url(name, record.pk)).status_code == 200, name


def test_a_rep_reads_and_changes_nothing(rep: Client, something: Any):
    for name in LISTS:
        page = rep.get(url(name))
        assert page.status_code == 200
        assert url(NEW[LISTS.index(name)]) not in text(page)
    assert rep.get(url("pipeline", something["pipeline"].pk)).status_code == 200
    for name in NEW:
        assert rep.get(url(name)).status_code == rep.post(url(name), {}).status_code == 403
    for name in ("product", "campaign", "edit_pipeline", "new_stage", "stage", "reason", "field"):
        assert rep.get(url(name, something[name].pk)).status_code == 403, name
    for noun in ("product", "campaign", "pipeline", "reason", "field"):
        for verb in (f"put_{noun}_away", f"use_{noun}_again"):
            assert rep.post(url(verb, something[noun].pk)).status_code == 403
    assert rep.post(url("order_pipelines"), {}).status_code == 403
    assert rep.post(url("remove_stage", something["stage"].pk)).status_code == 403


@pytest.mark.parametrize("noun", ["product", "campaign", "reason", "field"])
def test_put_away_and_used_again(chief: Client, something: Any, noun: str):
    row = something[noun]
    assert chief.post(url(f"put_{noun}_away", row.pk)).status_code == 302
    row.refresh_from_db()
    assert not row.is_active
    assert url(f"use_{noun}_again", row.pk) in text(chief.get(url(f"{noun}s")))
    chief.post(url(f"use_{noun}_again", row.pk))
    row.refresh_from_db()
    assert row.is_active
    assert chief.get(url(f"put_{noun}_away", row.pk)).status_code == 405


# --- What is sold ----------------------------------------------------------------------------------------------------------


def test_a_product_is_made_and_changed(chief: Client):
    data = {"name": "Press", "price": "1200.50", "currency": "EUR", "margin_rate": "35", "demo_need": "physical"}
    assert chief.post(url("new_product"), data).status_code == 302
    product = Product.objects.get()
    assert (str(product.margin_rate), product.demo_need, product.is_remote) == ("0.3500", "physical", False)
    page = text(chief.get(url("products")))
    assert "Press" in page
    assert "35%" in page
    changed = data | {"name": "Press 2", "version": "1", "margin_rate": ""}
    assert chief.post(url("product", product.pk), changed).status_code == 302
    product.refresh_from_db()
    assert (product.name, product.margin_rate) == ("Press 2", None)


def test_a_refusal_stands_beside_its_field(chief: Client):
    ProductFactory(name="Press", name_key="press")
    answer = chief.post(url("new_product"), {"name": "PRESS", "demo_need": "none"})
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"name"}
    answer = chief.post(url("new_product"), {"name": "Other", "demo_need": "none", "price": "5"})
    assert answer.status_code == 422
    assert Product.objects.count() == 1


def test_nobody_overwrites_unknowingly(chief: Client):
    product = ProductFactory()
    Product.objects.filter(pk=product.pk).update(version=5)
    answer = chief.post(url("product", product.pk), {"name": "Mine", "demo_need": "none", "version": "1"})
    assert answer.status_code == 422
    product.refresh_from_db()
    assert product.name != "Mine"


def test_a_campaign_says_how_many_leads_it_brought(chief: Client):
    data = {"name": "Fair", "kind": "trade_show", "starts_on": "2030-03-05", "ends_on": "2030-03-01"}
    assert chief.post(url("new_campaign"), data).status_code == 422
    assert chief.post(url("new_campaign"), data | {"ends_on": "2030-03-08"}).status_code == 302
    campaign = Campaign.objects.get()
    LeadFactory.create_batch(3, campaign=campaign)
    assert "<dd>3</dd>" in text(chief.get(url("campaign", campaign.pk)))
    assert (
        chief.post(url("campaign", campaign.pk), data | {"ends_on": "", "cost": "5", "currency": "EUR"}).status_code
        == 302
    )
    campaign.refresh_from_db()
    assert (campaign.ends_on, str(campaign.cost)) == (None, "5.0000")


# --- Pipelines ---------------------------------------------------------------------------------------------------------------


def test_a_pipeline_is_made_of_lines_with_rising_chances(chief: Client):
    answer = chief.post(
        url("new_pipeline"), {"name": "Renewals", "motion": "inside", "stages": "Called\n\n Offer \nSigned"}
    )
    assert answer.status_code == 302
    stages = Pipeline.objects.get().stages.values_list("name", "probability")
    assert list(stages) == [("Called", 25), ("Offer", 50), ("Signed", 75)]
    assert chief.post(url("new_pipeline"), {"name": "None", "motion": "inside", "stages": " "}).status_code == 422


def test_stages_are_put_in_order_by_step_and_by_drag(chief: Client, defaults: None):
    pipeline = Pipeline.objects.get(motion="inside")
    order = url("order_stages", pipeline.pk)

    def names() -> list[str]:
        return [stage.name for stage in pipeline.stages.all()]

    demo = pipeline.stages.get(name="Demo")
    answer = chief.post(order, {"move": demo.pk, "to": "up"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert 'id="order-stages"' in text(answer)
    assert names() == ["Demo", "New", "Offer", "Decision"]
    chief.post(order, {"move": demo.pk, "to": "up"})
    assert names() == ["Demo", "New", "Offer", "Decision"], "the first stays the first"
    by_name = {stage.name: stage.pk for stage in pipeline.stages.all()}
    chief.post(order, {"order": [by_name[name] for name in ("New", "Offer", "Decision", "Demo")]})
    assert names() == ["New", "Offer", "Decision", "Demo"]
    chief.post(order, {"order": [by_name[name] for name in ("Demo", "Decision", "Offer", "New")]})
    assert names() == ["Demo", "Decision", "Offer", "New"], "any order at all"
    chief.post(order, {"order": [by_name["New"]]})
    assert names() == ["Demo", "Decision", "Offer", "New"], "an order of other rows changes nothing"
    chief.post(order, {"move": "nonsense", "to": "down"})
    assert names() == ["Demo", "Decision", "Offer", "New"]


def test_a_stage_with_deals_asks_where_they_go(chief: Client, defaults: None):
    pipeline = Pipeline.objects.get(motion="inside")
    demo, offer = pipeline.stages.get(name="Demo"), pipeline.stages.get(name="Offer")
    deal = DealFactory(stage=demo)
    assert "1 deal stands here" in text(chief.get(url("stage", demo.pk)))
    refused = chief.post(url("remove_stage", demo.pk), {"move_to": ""})
    assert refused.status_code == 422
    assert refused.context["removal"].errors.keys() == {"move_to"}
    assert chief.post(url("remove_stage", demo.pk), {"move_to": offer.pk}).status_code == 302
    deal.refresh_from_db()
    assert deal.stage == offer
    assert not Stage.objects.filter(pk=demo.pk).exists()


def test_a_stage_is_added_and_changed(chief: Client):
    pipeline = StageFactory(name="First").pipeline
    data = {"name": "Second", "probability": "60", "forecast": "commit", "stale_days": ""}
    assert chief.post(url("new_stage", pipeline.pk), data).status_code == 302
    stage = pipeline.stages.get(name="Second")
    assert chief.post(url("stage", stage.pk), data | {"probability": "101"}).status_code == 422
    assert chief.post(url("stage", stage.pk), data | {"probability": "70", "version": "1"}).status_code == 302
    stage.refresh_from_db()
    assert (stage.probability, stage.stale_days) == (70, None)


def test_the_last_pipeline_stays_and_the_page_says_why(chief: Client):
    pipeline = PipelineFactory()
    answer = chief.post(url("put_pipeline_away", pipeline.pk), follow=True)
    assert "One pipeline stays in use" in text(answer)
    pipeline.refresh_from_db()
    assert pipeline.is_active


# --- Reasons and own fields ----------------------------------------------------------------------------------------------------


def test_reasons_are_added_and_put_in_order_by_kind(chief: Client, defaults: None):
    assert chief.post(url("new_reason"), {"kind": "won", "label": "Our people"}).status_code == 302
    reason = Reason.objects.get(label="Our people")
    before = reason.position
    chief.post(url("order_reasons", "won"), {"move": reason.pk, "to": "up"})
    reason.refresh_from_db()
    assert reason.position == before - 1
    assert chief.post("/settings/sales/reasons/planets/order").status_code == 404
    assert chief.post(url("new_reason"), {"kind": "won", "label": "Our people"}).status_code == 422


def test_a_field_is_defined_and_changed_in_its_own_terms(chief: Client):
    data = {
        "holder": "lead",
        "kind": "choice",
        "label": "Grade",
        "choices": "Gold\nSilver",
        "default": "gold",
        "motions": ["inside"],
    }
    answer = chief.post(url("new_field"), data)
    assert answer.status_code == 302, answer.context["form"].errors
    field = CustomField.objects.get()
    assert (field.key, field.choices, field.default, field.motions) == ("grade", ["Gold", "Silver"], "Gold", ["inside"])
    page = text(chief.get(url("field", field.pk)))
    assert 'name="choices"' in page
    assert 'name="is_unique"' not in page, "choices cannot be unique"
    changed = {"label": "Grade", "choices": "Gold\nSilver\nBronze", "default": "", "version": "1"}
    assert chief.post(url("field", field.pk), changed).status_code == 302
    field.refresh_from_db()
    assert (field.choices, field.default, field.motions) == (["Gold", "Silver", "Bronze"], None, [])


@pytest.mark.parametrize(
    ("data", "at"),
    [
        ({"kind": "number", "default": "many"}, "default"),
        ({"kind": "choice"}, "choices"),
        ({"kind": "link"}, "link_to"),
        ({"kind": "yes_no", "is_unique": "on"}, "is_unique"),
        ({"kind": "text", "key": "Not so"}, "key"),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused_beside_its_field(chief: Client, data: Any, at: str):
    answer = chief.post(url("new_field"), {"holder": "lead", "label": "It"} | data)
    assert answer.status_code == 422
    assert at in answer.context["form"].errors
    assert not CustomField.objects.exists()


def test_fields_are_put_in_order_on_their_holder(chief: Client):
    fields = [CustomFieldFactory(position=place) for place in range(3)]
    chief.post(url("order_fields", "lead"), {"move": fields[2].pk, "to": "up"})
    assert list(CustomField.objects.order_by("position")) == [fields[0], fields[2], fields[1]]
    assert chief.post(url("order_fields", "planet"), {}).status_code == 404
