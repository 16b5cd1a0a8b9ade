"""Scoring over the API: a lead's score with its reasons, scores from outside, ``/score-rules`` and ``/score-models``."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework import status as http
from rest_framework.decorators import action
from rest_framework.request import Request
from typing_extensions import override

from crm.core.api.fields import Choice, Flag, Instant, ListOf, Number, Text, Whole
from crm.core.api.filters import ChoiceFilter, FlagFilter, RowFilters
from crm.core.api.pagination import keyed
from crm.core.api.resources import Changes, Creates, Lists, Removes, Resource, Retrieves
from crm.core.api.routers import command
from crm.core.api.serializers import CreateSerializer, WriteSerializer
from leads.api import fields
from leads.api.parts import Acts
from leads.models import Axis, Lead, ScoreModel, ScoreRule
from leads.policies import MANAGE_SALES_SETTINGS, VIEW_LEADS, VIEW_SALES_SETTINGS, WRITE_LEADS
from leads.services import scoring, scoring_models, scoring_rules

# --- Of a lead --------------------------------------------------------------------------------------------------------


class ScoreReasonRead(serializers.Serializer[Any]):
    """Why: a fact, what it is for this lead, and the points it gives or takes."""

    fact = serializers.CharField(
        help_text="Key of the fact, two with ` + ` between them; empty for the limits of the scale."
    )
    label = serializers.CharField()  # type: ignore[assignment]
    said = serializers.CharField(help_text="What it is for this lead, in the reader's language.")
    points = serializers.FloatField()


class AxisRead(serializers.Serializer[Any]):
    """One axis: ``base`` and the points of all reasons sum to ``value``, which rounds to ``score``."""

    score = serializers.IntegerField(min_value=0, max_value=100)
    value = serializers.FloatField()
    base = serializers.FloatField(help_text="What the average lead has; 0 without a model.")
    reasons = ScoreReasonRead(many=True)


class ModelOfScore(serializers.Serializer[Any]):
    """The model that says the fit."""

    number = serializers.IntegerField()
    trained_at = serializers.DateTimeField()


class EntryRead(serializers.Serializer[Any]):
    """What the lead scored from a moment on."""

    at = serializers.DateTimeField()
    fit = serializers.IntegerField()
    engagement = serializers.IntegerField()
    total = serializers.IntegerField()
    model = serializers.IntegerField(allow_null=True, help_text="Number of the model; null for rules alone.")


class OutsideRead(serializers.Serializer[Any]):
    """What another system thinks of the lead: shown beside, never mixed in."""

    source = serializers.CharField()  # type: ignore[assignment]
    value = serializers.DecimalField(max_digits=9, decimal_places=3)
    note = serializers.CharField()
    at = serializers.DateTimeField()


class ScoreRead(serializers.Serializer[Any]):
    """The score as it is now and why. The order is two parts fit, one part engagement."""

    fit = AxisRead()
    engagement = AxisRead()
    total = serializers.IntegerField(min_value=0, max_value=100)
    scored_at = serializers.DateTimeField(allow_null=True, help_text="When the stored score was last computed.")
    model = ModelOfScore(allow_null=True, help_text="Null while rules alone say the fit.")
    history = EntryRead(many=True, help_text="The newest twenty, newest first.")
    external = OutsideRead(many=True)


class OutsideWrite(WriteSerializer):
    """A score that another system computed; the newest of a source replaces the one before."""

    example = {"source": "intent-data", "value": "72.5", "note": "3 visits of the price page"}

    source = Text(max_length=60)  # type: ignore[assignment]
    value = Number(max_digits=9, decimal_places=3)
    note = Text(max_length=200, required=False, allow_blank=True)
    at = Instant(required=False, help_text="As of when; now by default.")


class Scored(Resource):
    """What ``/leads/{id}`` offers about its score. Mix in, with ``SCORE_ACTS``, ``SCORE_TAKES`` and ``SCORE_GIVES``."""

    @action(detail=True, methods=["get"], url_path="score")
    def score(self, request: Request, **kwargs: Any) -> HttpResponse:
        """The score now, with every point accounted for: on each axis base and reasons sum to the value."""
        return self.answer(shown(self._lead()))

    @command(path="outside-scores")
    def outside_scores(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Post what another system thinks of this lead."""
        lead = self._lead()
        scoring.post_external(actor=self.person, lead_id=lead.pk, **self.values())
        return self.answer(shown(lead))

    def _lead(self) -> Lead:
        lead = self.get_row(self.row_id)
        assert isinstance(lead, Lead)  # what this is mixed into
        return lead


SCORE_ACTS = {"score": VIEW_LEADS, "outside_scores": WRITE_LEADS}
SCORE_TAKES = {"outside_scores": OutsideWrite}
SCORE_GIVES = {"score": (http.HTTP_200_OK, ScoreRead), "outside_scores": (http.HTTP_200_OK, ScoreRead)}


def shown(lead: Lead) -> dict[str, Any]:
    """``scoring.explain`` in the words of the API."""
    found = scoring.explain(lead)
    found["history"] = [
        {key: entry[key] for key in ("at", "fit", "engagement", "total")} | {"model": entry["model__number"]}
        for entry in found["history"]
    ]
    found["external"] = [entry | {"value": str(entry["value"])} for entry in found["external"]]
    return found


# --- Rules ------------------------------------------------------------------------------------------------------------


class ScoreRuleRead(fields.RecordRead):
    """A scoring rule: so many points on an axis where a fact is so."""

    class Meta:
        model = ScoreRule
        fields = ("id", *scoring_rules.FIELDS, *fields.STAMPS)


class ScoreRuleChange(WriteSerializer):
    """A changed rule. Stored scores follow with the next `score-all`."""

    example = {"points": 20}

    axis = Choice(choices=Axis.choices, required=False)
    fact = Text(max_length=80, required=False, help_text="Like `company.employees` or `lead.custom.budget`.")
    test = Choice(choices=ScoreRule.Test.choices, required=False)
    values = ListOf(Text(max_length=120), max_length=50, required=False, help_text="Empty for `known` and `missing`.")
    points = Whole(min_value=-100, max_value=100, required=False)
    half_life_days = Whole(
        min_value=1,
        max_value=3650,
        required=False,
        allow_null=True,
        help_text="Engagement only: points halve so often.",
    )
    group = Text(max_length=60, required=False, allow_blank=True, help_text="Rules of one group share its cap.")
    group_cap = Whole(min_value=1, max_value=100, required=False, allow_null=True)
    position = Whole(min_value=0, max_value=32_767, required=False)
    is_active = Flag(required=False)


class ScoreRuleCreate(CreateSerializer, ScoreRuleChange):
    """A new rule, last on its axis."""

    example = {"axis": "fit", "fact": "company.employees", "test": "at_least", "values": ["50"], "points": 15}

    axis = Choice(choices=Axis.choices)
    fact = Text(max_length=80)
    test = Choice(choices=ScoreRule.Test.choices)
    points = Whole(min_value=-100, max_value=100)


class ScoreRuleFilters(RowFilters):
    """Narrow the list of rules."""

    axis = ChoiceFilter(choices=Axis.choices, label="Of this axis.")
    is_active = FlagFilter(label="Used, or put away.")


class ScoreRules(Lists, Retrieves, Creates, Changes, Removes):
    """Scoring rules: fit and engagement in points, editable without code."""

    noun = "a scoring rule"
    acts = {
        "list": VIEW_SALES_SETTINGS,
        "retrieve": VIEW_SALES_SETTINGS,
        "create": MANAGE_SALES_SETTINGS,
        "change": MANAGE_SALES_SETTINGS,
        "remove": MANAGE_SALES_SETTINGS,
        "score_all": MANAGE_SALES_SETTINGS,
    }
    reader = ScoreRuleRead
    takes = {"create": ScoreRuleCreate, "change": ScoreRuleChange}
    gives: ClassVar = {"score_all": (http.HTTP_204_NO_CONTENT, None)}
    filterset_class = ScoreRuleFilters
    orders = keyed({"position": "position", "updated_at": "updated_at"})

    @override
    def rows(self) -> QuerySet[Any]:
        return ScoreRule.objects.visible_to(self.person)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return scoring_rules.create_rule(actor=self.person, rule_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return scoring_rules.change_rule(
            actor=self.person, rule_id=row_id, changes=changes, expected_version=expected_version
        )

    @override
    def remove_row(self, row_id: UUID, expected_version: int | None) -> Any:
        return scoring_rules.delete_rule(actor=self.person, rule_id=row_id, expected_version=expected_version)

    @command(detail=False, path="score-all")
    def score_all(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Order all leads to be scored again, by the rules and the model of now."""
        scoring.score_all(actor=self.person)
        return self.answer(None)


# --- Models -----------------------------------------------------------------------------------------------------------


class ScoreModelRead(fields.RecordRead):
    """A learned model and what it was worth on leads that came later than those it learned from."""

    class Meta:
        model = ScoreModel
        fields = (
            "id",
            "number",
            "state",
            "measures",
            "calibration",
            "weights",
            "left_out",
            "excluded",
            "objections",
            "n_train",
            "n_test",
            "learned_from",
            "judged_from",
            "judged_to",
            "trained_at",
            "published_at",
            *fields.STAMPS,
        )


class ScoreModelFilters(RowFilters):
    """Narrow the list of models."""

    state = ChoiceFilter(choices=ScoreModel.State.choices, label="In this state.")


class ScoreModels(Acts, Lists, Retrieves):
    """Models learned from the organisation's own leads. `POST` asks for a new one; a worker learns it."""

    noun = "a scoring model"
    id_name = "model_id"
    acts = {
        "list": VIEW_SALES_SETTINGS,
        "retrieve": VIEW_SALES_SETTINGS,
        "create": MANAGE_SALES_SETTINGS,
        "publish": MANAGE_SALES_SETTINGS,
        "revert": MANAGE_SALES_SETTINGS,
    }
    reader = ScoreModelRead
    gives: ClassVar = {
        "create": (http.HTTP_201_CREATED, ScoreModelRead),
        "revert": (http.HTTP_204_NO_CONTENT, None),
    }
    filterset_class = ScoreModelFilters
    orders = keyed({"number": "number", "updated_at": "updated_at"})
    default_order = "-number"

    @override
    def rows(self) -> QuerySet[Any]:
        return ScoreModel.objects.visible_to(self.person).defer("card")

    def create(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Ask for a new model. Refused (`too_few`) below 40 won and 40 lost leads."""
        return self.answer_row(scoring_models.ask_for_model(actor=self.person).pk, http.HTTP_201_CREATED)

    @command()
    def publish(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Use it from now on. Refused (`not_publishable`) unless it beats the rules and the base rate."""
        return self.act_on(scoring_models.publish_model)

    @command(detail=False)
    def revert(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take the model in use out; the one before it comes back, or the rules alone."""
        scoring_models.revert_model(actor=self.person)
        return self.answer(None)
