"""The pages under ``/settings/sales/``."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from leads.models import Reason
from leads.views import fields, offers, pipelines

app_name = "sales"


class ReasonKind(StringConverter):
    """What a reason is for."""

    regex = "|".join(Reason.Kind.values)


register_converter(ReasonKind, "reason_kind")

urlpatterns = [
    path("products/", offers.products, name="products"),
    path("products/new", offers.new_product, name="new_product"),
    path("products/<uuid:product_id>/", offers.product, name="product"),
    path("products/<uuid:product_id>/put-away", offers.put_product_away, name="put_product_away"),
    path("products/<uuid:product_id>/use-again", offers.use_product_again, name="use_product_again"),
    path("campaigns/", offers.campaigns, name="campaigns"),
    path("campaigns/new", offers.new_campaign, name="new_campaign"),
    path("campaigns/<uuid:campaign_id>/", offers.campaign, name="campaign"),
    path("campaigns/<uuid:campaign_id>/put-away", offers.put_campaign_away, name="put_campaign_away"),
    path("campaigns/<uuid:campaign_id>/use-again", offers.use_campaign_again, name="use_campaign_again"),
    path("pipelines/", pipelines.pipelines, name="pipelines"),
    path("pipelines/new", pipelines.new_pipeline, name="new_pipeline"),
    path("pipelines/order", pipelines.order_pipelines, name="order_pipelines"),
    path("pipelines/<uuid:pipeline_id>/", pipelines.pipeline, name="pipeline"),
    path("pipelines/<uuid:pipeline_id>/edit", pipelines.edit_pipeline, name="edit_pipeline"),
    path("pipelines/<uuid:pipeline_id>/put-away", pipelines.put_pipeline_away, name="put_pipeline_away"),
    path("pipelines/<uuid:pipeline_id>/use-again", pipelines.use_pipeline_again, name="use_pipeline_again"),
    path("pipelines/<uuid:pipeline_id>/order", pipelines.order_stages, name="order_stages"),
    path("pipelines/<uuid:pipeline_id>/stages/new", pipelines.new_stage, name="new_stage"),
    path("stages/<uuid:stage_id>/", pipelines.stage, name="stage"),
    path("stages/<uuid:stage_id>/remove", pipelines.remove_stage, name="remove_stage"),
    path("reasons/", pipelines.reasons, name="reasons"),
    path("reasons/new", pipelines.new_reason, name="new_reason"),
    path("reasons/<reason_kind:kind>/order", pipelines.order_reasons, name="order_reasons"),
    path("reasons/<uuid:reason_id>/", pipelines.reason, name="reason"),
    path("reasons/<uuid:reason_id>/put-away", pipelines.put_reason_away, name="put_reason_away"),
    path("reasons/<uuid:reason_id>/use-again", pipelines.use_reason_again, name="use_reason_again"),
    path("fields/", fields.fields, name="fields"),
    path("fields/new", fields.new_field, name="new_field"),
    path("fields/<slug:holder>/order", fields.order_fields, name="order_fields"),
    path("fields/<uuid:field_id>/", fields.field, name="field"),
    path("fields/<uuid:field_id>/put-away", fields.put_field_away, name="put_field_away"),
    path("fields/<uuid:field_id>/use-again", fields.use_field_again, name="use_field_again"),
]
