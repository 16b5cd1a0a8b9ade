"""Scoring settings: the rules, and the model that history teaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.views.answers import back_to, form_status
from crm.core import policy
from crm.core.doors import page
from leads.forms_scoring import LearningForm, RuleForm
from leads.models import Axis, ScoreModel, ScoreRule, ScoreRun
from leads.policies import MANAGE_SALES_SETTINGS, VIEW_SALES_SETTINGS
from leads.scoring.plot import calibration_plot
from leads.services import scoring, scoring_models, scoring_rules
from leads.services.scoring_facts import Fact, all_facts

OBJECTIONS: dict[str, str | Promise] = {
    "not_better_than_chance": gettext_lazy("Not better than chance on the leads held out."),
    "not_better_than_rules": gettext_lazy("The rules order those leads as well or better."),
    "not_better_than_base_rate": gettext_lazy("Saying the usual share for everybody errs less."),
    "nothing_to_learn": gettext_lazy("No fact says anything about the outcome."),
}
LEFT_OUT: dict[str, str | Promise] = {
    "leak": gettext_lazy("knows the outcome: most likely written after it"),
    "constant": gettext_lazy("the same for all"),
    "identifier": gettext_lazy("different for all"),
    "date": gettext_lazy("a date"),
    "too rare": gettext_lazy("too seldom known"),
    "weak": gettext_lazy("says least of very many"),
}
MODELS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule as the list says it."""

    rule: ScoreRule
    fact: str
    values: str


# --- Rules ------------------------------------------------------------------------------------------------------------


@page(act=VIEW_SALES_SETTINGS)
@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    reader: User = request.user  # type: ignore[assignment]
    facts = all_facts()
    lines: dict[str, list[RuleLine]] = {axis: [] for axis in Axis.values}
    for rule in ScoreRule.objects.visible_to(reader):
        lines[rule.axis].append(_line(rule, facts))
    shown = {
        "axes": [(Axis(axis), of_axis) for axis, of_axis in lines.items()],
        "model": ScoreModel.objects.visible_to(reader).filter(state=ScoreModel.State.PUBLISHED).first(),
        "may_manage": policy.may(reader, MANAGE_SALES_SETTINGS),
        "run": _latest_run(reader),
        "tabs": _tabs("rules"),
    }
    return render(request, "leads/scoring/rules.html", shown)


def _line(rule: ScoreRule, facts: dict[str, Fact]) -> RuleLine:
    fact = facts.get(rule.fact)
    named = {key: str(label) for key, label in fact.choices} if fact else {}
    words = {"yes": _("yes"), "no": _("no")}
    said = ", ".join(named.get(text) or words.get(text, text) for text in rule.values)
    return RuleLine(rule, scoring.label_of(facts, rule.fact), said)


@page(act=MANAGE_SALES_SETTINGS)
def new_rule(request: HttpRequest) -> HttpResponse:
    form = RuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.carry_out(lambda: scoring_rules.create_rule(actor=request.user, **form.values()))  # type: ignore[arg-type]
        if made:
            return back_to(request, "scoring:rules", _("Rule made."))
    return render(request, "leads/scoring/rule.html", {"form": form}, status=form_status(form))


@page(act=MANAGE_SALES_SETTINGS)
def rule(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    reader: User = request.user  # type: ignore[assignment]
    row: ScoreRule = policy.get_visible(ScoreRule.objects.all(), reader, pk=rule_id)
    form = RuleForm(request.POST or None, record=row)
    if request.method == "POST" and form.is_valid():
        saved = form.carry_out(
            lambda: scoring_rules.change_rule(
                actor=reader, rule_id=row.pk, changes=form.values(), expected_version=form.expected_version
            )
        )
        if saved:
            return back_to(request, "scoring:rules", _("Rule saved."))
    return render(request, "leads/scoring/rule.html", {"form": form, "rule": row}, status=form_status(form))


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def delete_rule(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    scoring_rules.delete_rule(actor=request.user, rule_id=rule_id)  # type: ignore[arg-type]
    return back_to(request, "scoring:rules", _("Rule deleted."))


# --- All leads --------------------------------------------------------------------------------------------------------


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def score_all(request: HttpRequest) -> HttpResponse:
    scoring.score_all(actor=request.user)  # type: ignore[arg-type]
    return back_to(request, "scoring:rules", _("All leads are being scored."))


@page(act=VIEW_SALES_SETTINGS)
@require_GET
def progress(request: HttpRequest) -> HttpResponse:
    """How far the latest run is; asked again while it goes on."""
    reader: User = request.user  # type: ignore[assignment]
    return render(request, "leads/scoring/progress.html", {"run": _latest_run(reader)})


def _latest_run(reader: User) -> ScoreRun | None:
    run: ScoreRun | None = ScoreRun.objects.visible_to(reader).first()
    return run


# --- The model --------------------------------------------------------------------------------------------------------


@page(act=VIEW_SALES_SETTINGS)
def model(request: HttpRequest) -> HttpResponse:
    """What there is to learn from, the newest model with its hold-out, and those before it."""
    reader: User = request.user  # type: ignore[assignment]
    form = LearningForm(request.POST or None, settings=scoring_rules.settings())
    if request.method == "POST":
        policy.require(reader, MANAGE_SALES_SETTINGS)
        change = scoring_rules.change_settings
        if form.is_valid() and form.carry_out(lambda: change(actor=reader, **form.values())) is not None:
            return back_to(request, "scoring:model", _("Saved. The next model learns by it."))
    models = list(ScoreModel.objects.visible_to(reader).defer("card")[:MODELS_SHOWN])
    shown = {
        "history": scoring_models.history(),
        "least": (scoring_models.LEAST_WON, scoring_models.LEAST_LOST),
        "waiting": next((one for one in models if one.state == ScoreModel.State.WAITING), None),
        "in_use": next((one for one in models if one.state == ScoreModel.State.PUBLISHED), None),
        "models": models,
        "form": form,
        "may_manage": policy.may(reader, MANAGE_SALES_SETTINGS),
        "tabs": _tabs("model"),
        **_held_out(next((one for one in models if one.trained_at), None)),
    }
    return render(request, "leads/scoring/model.html", shown, status=form_status(form))


def _held_out(newest: ScoreModel | None) -> dict[str, Any]:
    """The newest model that was tried, with its figures beside those of the rules and of the base rate."""
    if newest is None:
        return {}
    facts = all_facts()
    return {
        "newest": newest,
        "rows": _compared(newest.measures) if newest.measures else [],
        "plot": calibration_plot(newest.calibration) if newest.calibration else None,
        "weights": [(scoring.label_of(facts, key), share) for key, share in newest.weights[:8]],
        "left_out": [
            (scoring.label_of(facts, key), LEFT_OUT.get(why, why))
            for key, why in newest.left_out
            if why in ("leak", "weak", "identifier")
        ],
        "objections": [OBJECTIONS.get(word, word) for word in newest.objections],
    }


def _compared(measures: dict[str, Any]) -> list[tuple[str, str, Any, Any, Any]]:
    """Measure, how it is written, and what model, rules and base rate have of it."""
    names = (
        ("lift_top_20", _("Best fifth, times the average"), "number"),
        ("auc", _("Order (AUC; half is chance)"), "share"),
        ("brier", _("Error (Brier; less is better)"), "share"),
        ("ece", _("Off the mark (calibration)"), "share"),
    )
    return [
        (label, kind, *(measures.get(who, {}).get(key) for who in ("model", "rules", "base")))
        for key, label, kind in names
    ]


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def learn(request: HttpRequest) -> HttpResponse:
    scoring_models.ask_for_model(actor=request.user)  # type: ignore[arg-type]
    return back_to(request, "scoring:model", _("A new model is being learned."))


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def publish(request: HttpRequest, model_id: UUID) -> HttpResponse:
    made = scoring_models.publish_model(actor=request.user, model_id=model_id)  # type: ignore[arg-type]
    text = _("%(model)s is in use. All leads are being scored.") % {"model": made}
    return back_to(request, "scoring:model", text, undo=reverse("scoring:revert"))


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def revert(request: HttpRequest) -> HttpResponse:
    earlier = scoring_models.revert_model(actor=request.user)  # type: ignore[arg-type]
    text = _("%(model)s is in use again.") % {"model": earlier} if earlier else _("The rules alone say the fit again.")
    return back_to(request, "scoring:model", text)


def _tabs(here: str) -> list[dict[str, Any]]:
    return [
        {"label": _("Rules"), "url": reverse("scoring:rules"), "current": here == "rules"},
        {"label": _("Learned model"), "url": reverse("scoring:model"), "current": here == "model"},
    ]
