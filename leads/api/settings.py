"""``/pipelines``, ``/stages``, ``/reasons``, ``/custom-fields``: how this organisation sells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from typing_extensions import override

from accounts.models import Motion
from crm.core.api.fields import Choice, Flag, ListOf, Text, Whole
from crm.core.api.filters import ChoiceFilter, FlagFilter, RowFilters, TextFilter
from crm.core.api.pagination import keyed
from crm.core.api.resources import Changes, Creates, Lists, Removes, Retrieves
from crm.core.api.routers import command
from crm.core.api.serializers import CreateSerializer, WriteSerializer
from leads.api import fields
from leads.api.filters import LinkFilter
from leads.api.parts import Acts, Place, PutAway
from leads.models import CustomField, ForecastCategory, Pipeline, Reason, Stage
from leads.policies import MANAGE_SALES_SETTINGS, VIEW_SALES_SETTINGS
from leads.services import custom, pipelines

READ = {"list": VIEW_SALES_SETTINGS, "retrieve": VIEW_SALES_SETTINGS}
WRITE = {"create": MANAGE_SALES_SETTINGS, "change": MANAGE_SALES_SETTINGS}
USE = {"put_away": MANAGE_SALES_SETTINGS, "use_again": MANAGE_SALES_SETTINGS, "move": MANAGE_SALES_SETTINGS}

# --- Stages ------------------------------------------------------------------------------------------------------------------


class StageRead(fields.RecordRead):
    """A stop of a pipeline."""

    pipeline = fields.to(Pipeline, "pipeline_id")

    class Meta:
        model = Stage
        fields = ("id", "pipeline", "name", "position", "probability", "forecast", "stale_days", *fields.STAMPS)


class StageChange(WriteSerializer):
    """A changed stage."""

    example = {"probability": 40, "stale_days": 14}

    name = Text(max_length=80, required=False)
    probability = Whole(min_value=0, max_value=100, required=False, help_text="How many of a hundred are won.")
    forecast = Choice(choices=ForecastCategory.choices, required=False)
    stale_days = Whole(
        min_value=1,
        max_value=32_767,
        required=False,
        allow_null=True,
        help_text="Longer here and it is stuck; null: never.",
    )


class StageOfPipeline(StageChange):
    """A stage of a new pipeline."""

    example = {"name": "Offer", "probability": 60, "forecast": "best_case", "stale_days": 10}

    name = Text(max_length=80)


class StageCreate(CreateSerializer, StageOfPipeline):
    """A new stage, at the end of its pipeline unless ``to`` says where."""

    example = {
        "pipeline": "0192f0a0-5c8e-7000-8000-000000919e00",
        "name": "Site survey",
        "probability": 30,
        "to": 1,
    }

    pipeline = fields.LinkTo(required=True)
    to = Whole(min_value=0, max_value=100, required=False, help_text="The place it gets, counted from 0.")


class Merge(WriteSerializer):
    """Which stage takes it in."""

    example = {"into": "0192f0a0-5c8e-7000-8000-0000000057a6"}

    into = fields.LinkTo(required=True, help_text="Another stage of the same pipeline.")


class StageFilters(RowFilters):
    """Narrow the list of stages."""

    pipeline = LinkFilter(Pipeline, field_name="pipeline_id", label="Of this pipeline.")


class Stages(Acts, Lists, Retrieves, Creates, Changes, Removes):
    """Stages: the stops of a pipeline, with their chance, their place in the forecast and when a deal there is stuck."""

    noun = "a stage"
    id_name = "stage_id"
    acts = {**READ, **WRITE, **dict.fromkeys(("remove", "move", "merge"), MANAGE_SALES_SETTINGS)}
    reader = StageRead
    takes = {"create": StageCreate, "change": StageChange, "move": Place, "merge": Merge}
    filterset_class = StageFilters
    orders = keyed({"position": "position", "updated_at": "updated_at"})

    @override
    def rows(self) -> QuerySet[Any]:
        return Stage.objects.visible_to(self.person)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        stage_id, pipeline_id = values.pop("id", None), values.pop("pipeline")
        return pipelines.add_stage(actor=self.person, stage_id=stage_id, pipeline_id=pipeline_id, **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return pipelines.change_stage(
            actor=self.person, stage_id=row_id, changes=changes, expected_version=expected_version
        )

    @override
    def remove_row(self, row_id: UUID, expected_version: int | None) -> Any:
        return pipelines.remove_stage(actor=self.person, stage_id=row_id, expected_version=expected_version)

    @command()
    def move(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Put it at another place of its pipeline."""
        return self.act_on(pipelines.move_stage, guarded=False, **self.values())

    @command()
    def merge(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take it out and merge it into another: that one gets its deals and their history, and is answered."""
        row = self.get_row(self.row_id)
        left = pipelines.remove_stage(
            actor=self.person,
            stage_id=row.pk,
            move_to=self.values()["into"],
            expected_version=self.expected_version,
        )
        return self.answer_row(left.pk)


# --- Pipelines ---------------------------------------------------------------------------------------------------------------


class PipelineRead(fields.RecordRead):
    """A way that deals go."""

    stages = serializers.SerializerMethodField()

    class Meta:
        model = Pipeline
        fields = ("id", "name", "motion", "position", "is_active", "stages", *fields.STAMPS)

    @override
    def prepare(self, rows: Sequence[Model]) -> None:
        super().prepare(rows)
        by_pipeline = pipelines.stages_of(rows) if "stages" in self.names else {}
        reader = StageRead(context=self.context)
        shown = reader.represent([stage for stages in by_pipeline.values() for stage in stages])
        found = iter(shown)
        self.stages_of = {pk: [next(found) for _stage in stages] for pk, stages in by_pipeline.items()}

    @extend_schema_field(StageRead(many=True))
    def get_stages(self, pipeline: Pipeline) -> list[dict[str, Any]]:
        return self.stages_of[pipeline.pk]


class PipelineChange(WriteSerializer):
    """A changed pipeline. Its stages are records of their own."""

    example = {"name": "Phone and video"}

    name = Text(max_length=80, required=False)
    motion = Choice(choices=Motion.choices, required=False)


class PipelineCreate(CreateSerializer, PipelineChange):
    """A new pipeline with its stages in order."""

    example = {
        "name": "Renewals",
        "motion": "inside",
        "stages": [
            {"name": "Called", "probability": 50},
            {"name": "Renewed offer", "probability": 80, "forecast": "commit", "stale_days": 7},
        ],
    }

    name = Text(max_length=80)
    stages = ListOf(StageOfPipeline(), max_length=pipelines.MOST_STAGES, min_length=1)


class PipelineFilters(RowFilters):
    """Narrow the list of pipelines."""

    motion = ChoiceFilter(choices=Motion.choices, label="Inside, outside or hybrid.")
    is_active = FlagFilter(label="Whether it is in use.")


class Pipelines(PutAway, Lists, Retrieves, Creates, Changes):
    """Pipelines with their stages: the ways that deals go."""

    noun = "a pipeline"
    id_name = "pipeline_id"
    acts = {**READ, **WRITE, **USE}
    reader = PipelineRead
    takes = {"create": PipelineCreate, "change": PipelineChange, "move": Place}
    filterset_class = PipelineFilters
    orders = keyed({"position": "position", "name": "name", "updated_at": "updated_at"})
    use = staticmethod(pipelines.change_pipeline)

    @override
    def rows(self) -> QuerySet[Any]:
        return Pipeline.objects.visible_to(self.person)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return pipelines.create_pipeline(actor=self.person, pipeline_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return pipelines.change_pipeline(
            actor=self.person, pipeline_id=row_id, changes=changes, expected_version=expected_version
        )

    @command()
    def move(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Put it at another place among the pipelines."""
        return self.act_on(pipelines.move_pipeline, guarded=False, **self.values())


# --- Reasons -----------------------------------------------------------------------------------------------------------------


class ReasonRead(fields.RecordRead):
    """Why something ended as it did."""

    class Meta:
        model = Reason
        fields = ("id", "kind", "label", "position", "is_active", *fields.STAMPS)


class ReasonChange(WriteSerializer):
    """A reason in other words."""

    example = {"label": "No budget this year"}

    label = Text(max_length=80, required=False)  # type: ignore[assignment]


class ReasonCreate(CreateSerializer, ReasonChange):
    """A new reason."""

    example = {"kind": "lost", "label": "Chose to build it themselves"}

    kind = Choice(choices=Reason.Kind.choices)
    label = Text(max_length=80)


class ReasonFilters(RowFilters):
    """Narrow the list of reasons."""

    kind = ChoiceFilter(choices=Reason.Kind.choices, label="For what.")
    is_active = FlagFilter(label="Whether it is offered.")


class Reasons(PutAway, Lists, Retrieves, Creates, Changes):
    """Reasons why leads are disqualified and deals are won or lost: the organisation's own list."""

    noun = "a reason"
    id_name = "reason_id"
    acts = {**READ, **WRITE, **USE}
    reader = ReasonRead
    takes = {"create": ReasonCreate, "change": ReasonChange, "move": Place}
    filterset_class = ReasonFilters
    orders = keyed({"position": "position", "updated_at": "updated_at"})
    use = staticmethod(pipelines.change_reason)

    @override
    def rows(self) -> QuerySet[Any]:
        return Reason.objects.visible_to(self.person)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return pipelines.add_reason(actor=self.person, reason_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return pipelines.change_reason(
            actor=self.person, reason_id=row_id, changes=changes, expected_version=expected_version
        )

    @command()
    def move(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Put it at another place among those of its kind."""
        return self.act_on(pipelines.move_reason, guarded=False, **self.values())


# --- Custom fields -----------------------------------------------------------------------------------------------------------


_FORMS = ({"type": "string"}, {"type": "boolean"}, {"type": "array", "items": {"type": "string"}}, {"type": "object"})


@extend_schema_field({"oneOf": list(_FORMS), "description": "In the JSON form of the field's kind; null is none."})
class AnyValue(serializers.Field[Any, Any, Any, Any]):
    """A value of any kind; its service reads it."""

    @override
    def to_internal_value(self, data: Any) -> Any:
        return data

    @override
    def to_representation(self, value: Any) -> Any:
        return value


class CustomFieldRead(fields.RecordRead):
    """A field that the organisation added."""

    link_to = fields.WordOrNull(CustomField.Holder.choices)
    default = AnyValue(read_only=True, allow_null=True)

    class Meta:
        model = CustomField
        fields = (
            "id",
            "holder",
            "key",
            "label",
            "help",
            "kind",
            "choices",
            "link_to",
            "is_required",
            "is_unique",
            "default",
            "motions",
            "position",
            "is_active",
            *fields.STAMPS,
        )


class CustomFieldChange(WriteSerializer):
    """A changed field. What it is on, its key and its kind never change: values stand by them."""

    example = {"label": "Machines on site", "is_required": True}

    label = Text(max_length=80, required=False)  # type: ignore[assignment]
    help = Text(max_length=200, required=False, allow_blank=True)
    choices = ListOf(Text(max_length=80), max_length=custom.MOST_CHOICES, required=False)
    is_required = Flag(required=False)
    is_unique = Flag(required=False, help_text="No two records have the same value.")
    default = AnyValue(required=False, allow_null=True)
    motions = ListOf(
        Choice(choices=Motion.choices),
        max_length=len(Motion.choices),
        required=False,
        help_text="Of leads and deals: only on these motions; empty is on all.",
    )


class CustomFieldCreate(CreateSerializer, CustomFieldChange):
    """A new field; without ``key`` it is made from the label."""

    example = {"holder": "lead", "kind": "number", "label": "Machines on site"}

    holder = Choice(choices=CustomField.Holder.choices)
    kind = Choice(choices=CustomField.Kind.choices)
    label = Text(max_length=80)
    key = Text(max_length=40, required=False, help_text="Small letters, digits and _, beginning with a letter.")
    link_to = Choice(choices=CustomField.Holder.choices, required=False, help_text="Of a link: to what.")


class CustomFieldFilters(RowFilters):
    """Narrow the list of custom fields."""

    holder = ChoiceFilter(choices=CustomField.Holder.choices, label="On what.")
    kind = ChoiceFilter(choices=CustomField.Kind.choices, label="What kind of value.")
    key = TextFilter(label="With this key.")
    is_active = FlagFilter(label="Whether it is in use.")


class CustomFields(Acts, Lists, Retrieves, Creates, Changes):
    """Fields that the organisation added to companies, contacts, leads and deals. Their values stand under ``custom``."""

    noun = "a custom field"
    id_name = "field_id"
    acts = {**READ, **WRITE, **USE}
    reader = CustomFieldRead
    takes = {"create": CustomFieldCreate, "change": CustomFieldChange, "move": Place}
    filterset_class = CustomFieldFilters
    orders = keyed({"position": "position", "updated_at": "updated_at"})

    @override
    def rows(self) -> QuerySet[Any]:
        return CustomField.objects.visible_to(self.person)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return custom.define_field(actor=self.person, field_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return custom.change_field(
            actor=self.person, field_id=row_id, changes=changes, expected_version=expected_version
        )

    @command(path="put-away")
    def put_away(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take it out of use: it is shown and taken no longer, its values stay."""
        return self.act_on(custom.put_away_field)

    @command(path="use-again")
    def use_again(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Bring it back, with the values it had."""
        return self.act_on(custom.use_field_again)

    @command()
    def move(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Put it at another place among those of its holder."""
        return self.act_on(custom.move, guarded=False, **self.values())
