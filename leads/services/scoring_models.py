"""Models that an organisation's own leads teach: asked for, learned by a job, judged on later leads, published, reverted."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from typing_extensions import override

from accounts import notices
from accounts.models import Capability, User
from crm.core import clock, context, heartbeats, journal, sweeps, work
from crm.core.errors import Conflict
from leads.models import Deal, Lead, ScoreModel, ScoreSettings
from leads.policies import MANAGE_SALES_SETTINGS
from leads.scoring import measures
from leads.scoring.card import Scorecard
from leads.scoring.rules import axis_score, points_of
from leads.scoring.table import Table
from leads.scoring.training import CannotLearn, Learned, learn
from leads.scoring.trial import NOT_BETTER, TRAIN_SHARE, verdict_of
from leads.services import scoring, writing
from leads.services.scoring_facts import Fact, all_facts, read_facts
from leads.services.scoring_rules import settings

Numbers = npt.NDArray[np.float64]
State = ScoreModel.State

JOB = "leads.learn_scores"
# Fewer than these and a model learns noise; the field's common minimum.
LEAST_WON = LEAST_LOST = 40
# Of either kind, to tell two models apart.
LEAST_UNSEEN = 10
# More teach nothing new and cost memory: the newest are taken.
MOST_LEADS = 100_000
LEASE = timedelta(minutes=15)


# --- History ----------------------------------------------------------------------------------------------------------


def won_leads() -> QuerySet[Lead]:
    return Lead.objects.filter(_won())


def lost_leads() -> QuerySet[Lead]:
    """Disqualified, or qualified and every deal that came of it lost."""
    return Lead.objects.filter(_lost())


def _won() -> Exists:
    return Exists(Deal.objects.filter(lead=OuterRef("pk"), state=Deal.State.WON))


def _lost() -> Q:
    deals = Deal.objects.filter(lead=OuterRef("pk"))
    all_lost = Exists(deals.filter(state=Deal.State.LOST)) & ~Exists(deals.exclude(state=Deal.State.LOST))
    return Q(status=Lead.Status.DISQUALIFIED) & ~_won() | all_lost


@dataclass(frozen=True, slots=True)
class History:
    """How much there is to learn from."""

    won: int
    lost: int

    @property
    def missing_won(self) -> int:
        return max(0, LEAST_WON - self.won)

    @property
    def missing_lost(self) -> int:
        return max(0, LEAST_LOST - self.lost)

    @property
    def is_enough(self) -> bool:
        return not (self.missing_won or self.missing_lost)


def history() -> History:
    """Leads of the window with a known outcome."""
    since = _window_start()
    return History(
        won_leads().filter(arrived_at__gte=since).count(), lost_leads().filter(arrived_at__gte=since).count()
    )


def _window_start() -> datetime:
    return clock.now() - timedelta(days=round(settings().window_months * 365.25 / 12))


def learnable_facts(excluded: list[str]) -> dict[str, Fact]:
    """What a model may use: known at arrival, and not taken out by the organisation."""
    return {key: fact for key, fact in all_facts().items() if fact.is_learnable and key not in excluded}


# --- Asking, learning -------------------------------------------------------------------------------------------------


def ask_for_model(*, actor: User | None) -> ScoreModel:
    """Order a new model; while one is being learned, that one. Raises ``Conflict`` (``too_few``) below the minimum."""
    writing.require(actor, MANAGE_SALES_SETTINGS)
    known = history()
    if not known.is_enough:
        raise Conflict(
            _("%(won)d won and %(lost)d lost leads are missing.")
            % {"won": known.missing_won, "lost": known.missing_lost},
            code="too_few",
        )
    return _order(actor, by_schedule=False)


def _order(actor: User | None, *, by_schedule: bool) -> ScoreModel:
    with transaction.atomic():
        writing.lock_keys(["leads.score_model"])
        waiting = ScoreModel.objects.filter(state=State.WAITING).first()
        if waiting is None:
            last = ScoreModel.objects.aggregate(last=Max("number"))["last"] or 0
            waiting = ScoreModel(number=last + 1, asked_by=actor, excluded=settings().excluded, by_schedule=by_schedule)
            waiting.save(force_insert=True)
            journal.record(actor=actor, event="score_model.asked", instance=waiting, changes={})
        work.enqueue(JOB, waiting.pk)
    return waiting


@work.job(JOB)
def learn_now(model_id: str) -> None:
    """Learn outside any long transaction: claim by a lease, compute, mark if nobody else did."""
    with transaction.atomic():
        row = _waiting().select_for_update(skip_locked=True).filter(pk=model_id, due_at__lte=clock.now()).first()
        if row is None:
            return
        row.due_at = claimed = clock.now() + LEASE
        row.save(update_fields=["due_at"])
    try:
        found: dict[str, Any] = _learned(row)
    except CannotLearn:
        found = {"state": State.FAILED, "objections": ["nothing_to_learn"]}
    with transaction.atomic():
        mine = _waiting().filter(pk=row.pk, due_at=claimed)
        if mine.update(**found, trained_at=clock.now(), updated_at=clock.now()) and row.by_schedule:
            _use_if_better(row.pk)


def _waiting() -> QuerySet[ScoreModel]:
    return ScoreModel.objects.filter(state=State.WAITING)


@sweeps.register
class LearnScores(sweeps.Sweep):
    """Finds models whose learning nobody began, or whose worker is gone."""

    name = "leads.learn_scores"
    model = ScoreModel
    most_batches = 1  # ringing changes no row: once a run
    every = timedelta(minutes=1)
    late_after = timedelta(minutes=30)

    @override
    def due(self, now: datetime) -> QuerySet[ScoreModel]:
        return _waiting().filter(due_at__lte=now)

    @override
    def run_one(self, row: ScoreModel) -> None:
        work.enqueue(JOB, row.pk)

    @override
    def put_off(self, row: ScoreModel, error: Exception) -> None:
        row.due_at = clock.now() + LEASE
        row.save(update_fields=["due_at"])


# --- By itself --------------------------------------------------------------------------------------------------------

PERIODS = {ScoreSettings.Retrain.WEEKLY: timedelta(days=7), ScoreSettings.Retrain.MONTHLY: timedelta(days=30)}
PUBLISHED, KEPT = "score_model.published", "score_model.kept"
notices.register(
    PUBLISHED, gettext_lazy("Scoring model %(number)s was learned and is in use."), url_name="scoring:model"
)
notices.register(
    KEPT,
    gettext_lazy("Scoring model %(number)s was learned but is no better: nothing changed."),
    url_name="scoring:model",
)


def learn_if_it_is_time() -> ScoreModel | None:
    """Order a model when the newest is older than the organisation's period, and there is enough to learn from."""
    period = PERIODS.get(ScoreSettings.Retrain(settings().retrain))
    newest = ScoreModel.objects.defer("card").first()
    if period is None or (newest is not None and newest.created_at > clock.now() - period) or not history().is_enough:
        return None
    return _order(None, by_schedule=True)


@sweeps.register
class LearnAgain(sweeps.Sweep):
    """Keeps the model young: what makes a lead good drifts."""

    name = "leads.learn_again"
    model = ScoreModel
    every = timedelta(hours=1)
    late_after = timedelta(days=2)

    @override
    def due(self, now: datetime) -> QuerySet[ScoreModel]:
        return ScoreModel.objects.none()  # time makes it due, not a row

    @override
    def run_one(self, row: ScoreModel) -> None:
        learn_if_it_is_time()

    @override
    def run(self) -> sweeps.Outcome:
        with context.acting(through=f"job {self.name}"):
            ordered = int(learn_if_it_is_time() is not None)
        heartbeats.beat(self.name, lag=timedelta(), done=ordered, failed=0, error="")
        return sweeps.Outcome(ordered)


def _use_if_better(model_id: UUID) -> None:
    """Put a model of the schedule to use unless something speaks against it; administrators hear of it either way."""
    model = ScoreModel.objects.get(pk=model_id)
    if model.state == State.FAILED:
        return
    is_used = model.may_be_published and not model.measures.get("present", {}).get("is_clearly_better", False)
    if is_used:
        publish_model(actor=None, model_id=model.pk)
    for person in User.objects.active().filter(capabilities__contains=[Capability.ADMINISTERS]):
        notices.tell(
            person, kind=PUBLISHED if is_used else KEPT, occurrence=str(model.pk), facts={"number": model.number}
        )


def _present(data: Examples, cut: int, scores: Numbers) -> dict[str, Any]:
    """What the model in use says of those held out that came after all it learned from; empty when they are too few to tell.

    On leads that it knows it would look better than it is.
    """
    used = ScoreModel.objects.filter(state=State.PUBLISHED).first()
    if used is None or used.judged_to is None:
        return {}
    first = bisect_right(data.arrived, used.judged_to, cut)
    outcomes = data.outcomes[first:]
    if not LEAST_UNSEEN <= outcomes.sum() <= len(outcomes) - LEAST_UNSEEN:
        return {}
    table = Table({name: column[first:] for name, column in data.everything.columns.items()}, len(outcomes))
    theirs = Scorecard.from_data(used.card).probabilities(table)
    more = (scores[first - cut :] - outcomes) ** 2 - (theirs - outcomes) ** 2
    return {
        "number": used.number,
        "n": len(outcomes),
        "auc": round(measures.auc(outcomes, theirs), 4),
        "brier": round(measures.brier(outcomes, theirs), 4),
        # By more than twice what chance explains, lead by lead.
        "is_clearly_better": bool(more.mean() > 2 * more.std() / np.sqrt(len(more))),
    }


# --- Examples ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Examples:
    """Leads with a known outcome, from old to new."""

    table: Table
    # With what the model in use asks for and this one may not.
    everything: Table
    outcomes: Numbers
    arrived: list[datetime]
    rules: Numbers


def examples(excluded: list[str]) -> Examples:
    """What there is to learn from, by arrival; ``rules`` is what the fit rules say of the same leads."""
    facts = all_facts()
    wanted = sorted(learnable_facts(excluded))
    present = scoring.present()
    rows = Lead.objects.filter(arrived_at__gte=_window_start()).filter(_won() | _lost()).order_by("-arrived_at", "-pk")
    ids = list(rows.values_list("pk", flat=True)[:MOST_LEADS])
    chosen = Lead.objects.filter(pk__in=ids).order_by("arrived_at", "pk")
    known = read_facts(chosen, sorted({*wanted, *present.wanted}), facts)
    won = set(won_leads().filter(pk__in=ids).values_list("pk", flat=True))
    return Examples(
        table=Table({key: known.table.columns[key] for key in wanted}, len(known.ids)),
        everything=known.table,
        outcomes=np.array([pk in won for pk in known.ids], dtype=np.float64),
        arrived=known.arrived,
        rules=axis_score(points_of(present.fit_rules, known.table, {})),
    )


def _learned(row: ScoreModel) -> dict[str, Any]:
    """Judge on the last 30 % by arrival a model of the first 70 %; what is kept is learned from all."""
    data = examples(row.excluded)
    size = len(data.outcomes)
    cut = round(size * TRAIN_SHARE)
    judged = learn(data.table.take(range(cut)), data.outcomes[:cut], ordered=True)
    scores = judged.card.probabilities(data.table.take(range(cut, size)))
    figures = compare(data.outcomes[cut:], scores, rules=data.rules[cut:], base_rate=float(data.outcomes[:cut].mean()))
    if present := _present(data, cut, scores):
        figures["present"] = present
    whole = learn(data.table, data.outcomes, ordered=True)
    return {
        "state": State.DRAFT,
        "card": whole.card.as_data(),
        "measures": figures,
        "calibration": measures.calibration(data.outcomes[cut:], scores),
        "weights": _weights(whole, data.table),
        "left_out": [[entry.name, entry.why] for entry in whole.left_out],
        "objections": objections(figures, data.outcomes[cut:], scores),
        "n_train": cut,
        "n_test": size - cut,
        "learned_from": data.arrived[0],
        "judged_from": data.arrived[cut],
        "judged_to": data.arrived[-1],
    }


def _weights(learned: Learned, table: Table) -> list[list[Any]]:
    """Fields by their share of all points, heaviest first."""
    weights = learned.card.weight_of_fields(learned.card.encoding.encode(table))
    whole = sum(weights.values()) or 1.0
    return [[name, round(weight / whole, 4)] for name, weight in sorted(weights.items(), key=lambda item: -item[1])]


def compare(outcomes: Numbers, scores: Numbers, *, rules: Numbers, base_rate: float) -> dict[str, Any]:
    """The figures of the model on the leads held out, beside those of the rules and of saying the past share to all."""
    level = np.full(len(outcomes), base_rate)
    return {
        "model": measures.all_measures(outcomes, scores),
        "rules": {
            "auc": round(measures.auc(outcomes, rules), 4),
            "lift_top_20": round(measures.lift(outcomes, rules, 0.2), 4),
        },
        "base": {
            "auc": 0.5,
            "lift_top_20": 1.0,
            "brier": round(measures.brier(outcomes, level), 4),
            "log_loss": round(measures.log_loss(outcomes, level), 4),
        },
    }


def objections(figures: Mapping[str, Any], outcomes: Numbers, scores: Numbers) -> list[str]:
    """Why a model may not be published: it has to beat chance, the rules and the share of won leads."""
    found = []
    if verdict_of(outcomes, scores) == NOT_BETTER:
        found.append("not_better_than_chance")
    if figures["model"]["auc"] <= figures["rules"]["auc"]:
        found.append("not_better_than_rules")
    if figures["model"]["brier"] >= figures["base"]["brier"]:
        found.append("not_better_than_base_rate")
    return found


# --- Publishing -------------------------------------------------------------------------------------------------------


def publish_model(*, actor: User | None, model_id: UUID, expected_version: int | None = None) -> ScoreModel:
    """Use this model from now on; all leads are scored again. The one before is retired and can come back.

    Raises ``Forbidden``, ``NotFound``, ``Conflict`` (``not_publishable``), ``VersionConflict``.
    """
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with transaction.atomic():
        writing.lock_keys(["leads.score_model"])
        model = writing.locked(ScoreModel, actor, model_id)
        model.require_version(expected_version)
        if model.state == State.PUBLISHED:
            return model
        if not model.may_be_published:
            raise Conflict(_("This model does not beat the rules and the base rate."), code="not_publishable")
        _retire(actor)
        before = journal.snapshot(model, ["state"])
        model.state, model.published_at = State.PUBLISHED, clock.now()
        writing.store(model, actor=actor, event="score_model.published", before=before, also=["published_at"])
        scoring.score_all(actor=actor)
    return model


def revert_model(*, actor: User | None) -> ScoreModel | None:
    """Take the model in use out; the one in use before it comes back, or the rules alone (None). One click.

    Raises ``Forbidden``, ``Conflict`` (``none_in_use``).
    """
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with transaction.atomic():
        writing.lock_keys(["leads.score_model"])
        present = _retire(actor)
        if present is None:
            raise Conflict(_("No model is in use."), code="none_in_use")
        earlier = ScoreModel.objects.filter(state=State.RETIRED, published_at__lt=present.published_at)
        model = earlier.order_by("-published_at").first()
        if model is not None:
            # Its place in time stays: going back twice goes back two steps.
            before = journal.snapshot(model, ["state"])
            model.state = State.PUBLISHED
            writing.store(model, actor=actor, event="score_model.reverted_to", before=before)
        scoring.score_all(actor=actor)
    return model


def _retire(actor: User | None) -> ScoreModel | None:
    present = ScoreModel.objects.select_for_update().filter(state=State.PUBLISHED).first()
    if present is not None:
        before = journal.snapshot(present, ["state"])
        present.state = State.RETIRED
        writing.store(present, actor=actor, event="score_model.retired", before=before)
    return present
