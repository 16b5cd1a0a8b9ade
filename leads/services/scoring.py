"""Scores: two axes and one order for every lead, kept up with each change, and explained to the last point.

Fit is what the published model says (a chance of being won, as a percentage), or the points of the fit rules while there
is no model. Engagement is the points of the engagement rules, fading with time. The order is two parts fit, one part
engagement. Work is due because ``LeadScore.due_at`` says so; the job after commit and the sweep do the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from typing_extensions import override

from accounts.models import User
from crm.core import clock, formats, heartbeats, sweeps, work
from crm.core.errors import Conflict
from leads.models import Axis, ExternalScore, Lead, LeadScore, ScoreEntry, ScoreModel, ScoreRule, ScoreRun
from leads.policies import MANAGE_SALES_SETTINGS, WRITE_LEADS
from leads.scoring.card import Scorecard
from leads.scoring.rules import Rule, axis_score, points_of
from leads.services import writing
from leads.services.scoring_due import JOB
from leads.services.scoring_facts import Fact, Known, all_facts, read_facts

Numbers = npt.NDArray[np.float64]

RUN_JOB = "leads.score_all"
AT_ONCE = 10_000
# The order: how much of it is fit, how much engagement.
FIT_PART, ENGAGEMENT_PART = 2, 1
# A fading score is looked at again when it has lost a point, but not more often than this.
SOONEST_AGAIN = timedelta(days=1)
LEASE = timedelta(minutes=2)
# The ends of all ids.
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
# So many workers score all leads side by side, where so many are free.
SIDE_BY_SIDE = 2


@dataclass(frozen=True, slots=True)
class Scoring:
    """Everything that decides a score at this moment: rules, the model in use, and the facts both ask for."""

    rules: tuple[Rule, ...]
    fit_rules: tuple[Rule, ...]
    engagement_rules: tuple[Rule, ...]
    model: ScoreModel | None
    card: Scorecard | None
    facts: Mapping[str, Fact]

    @property
    def model_id(self) -> UUID | None:
        return self.model.pk if self.model else None

    @property
    def wanted(self) -> list[str]:
        asked = {rule.fact for rule in self.rules} | (
            {field.name for field in self.card.encoding.fields} if self.card else set()
        )
        return sorted(asked & self.facts.keys())


def present() -> Scoring:
    """The rules and the model in use now."""
    by_axis: dict[str, list[Rule]] = {axis: [] for axis in Axis.values}
    for row in ScoreRule.objects.filter(is_active=True):
        by_axis[row.axis].append(rule_of(row))
    model = ScoreModel.objects.filter(state=ScoreModel.State.PUBLISHED).first()
    fit, engagement = tuple(by_axis[Axis.FIT]), tuple(by_axis[Axis.ENGAGEMENT])
    card = Scorecard.from_data(model.card) if model else None
    return Scoring((*fit, *engagement), fit, engagement, model, card, all_facts())


def rule_of(row: ScoreRule) -> Rule:
    return Rule(
        key=row.pk,
        fact=row.fact,
        test=row.test,
        values=tuple(row.values),
        points=row.points,
        half_life_days=row.half_life_days,
        group=row.group,
        cap=row.group_cap,
    )


# --- Scoring many -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of ``ids`` in order, 0 to 100; ``again`` is when a fading one is due next, None for never."""

    ids: list[UUID]
    fit: Numbers
    engagement: Numbers
    again: list[datetime | None]

    @property
    def total(self) -> Numbers:
        return (FIT_PART * self.fit + ENGAGEMENT_PART * self.engagement) / (FIT_PART + ENGAGEMENT_PART)


def compute(scoring: Scoring, known: Known, now: datetime) -> Scores:
    """Scores of the leads in ``known``, without writing anything."""
    if scoring.card is not None:
        fit = 100 * scoring.card.probabilities(known.table)
    else:
        fit = axis_score(points_of(scoring.fit_rules, known.table, {}))
    ages = known.ages(now, [rule.fact for rule in scoring.engagement_rules])
    engagement = axis_score(points_of(scoring.engagement_rules, known.table, ages))
    return Scores(known.ids, fit, engagement, _again(scoring, known, engagement, now))


def _again(scoring: Scoring, known: Known, engagement: Numbers, now: datetime) -> list[datetime | None]:
    """When an open lead's engagement will have lost a point: a bound from the shortest half-life there is."""
    lives = [rule.half_life_days for rule in scoring.engagement_rules if rule.half_life_days]
    if not lives:
        return [None] * len(known.ids)
    again: list[datetime | None] = []
    for score, is_open in zip(engagement.tolist(), known.is_open, strict=True):
        if not is_open or score < 0.5:
            again.append(None)
            continue
        days = min(lives) * float(np.log2(score / (score - 1))) if score > 1 else min(lives)
        again.append(now + max(SOONEST_AGAIN, timedelta(days=min(days, 3650))))
    return again


def score_leads(ids: Sequence[UUID], *, scoring: Scoring | None = None) -> int:
    """Score these leads and store what changed, with an entry in their history. Returns how many changed.

    One transaction per ``AT_ONCE``; safe to run twice.
    """
    scoring = scoring or present()
    portions = [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
    return sum(_score(scoring, Lead.objects.filter(pk__in=some))[1] for some in portions)


def _score(scoring: Scoring, leads: QuerySet[Lead]) -> tuple[int, int]:
    """Score the leads of one query: how many there are, and how many changed."""
    with transaction.atomic():
        # Before reading: what changes later makes the lead due once more.
        now = clock.now()
        known = read_facts(leads.order_by("pk"), scoring.wanted, scoring.facts)
        return len(known.ids), _store(compute(scoring, known, now), known, scoring.model_id, now)


# What was changed while it was scored keeps its due time. Rows are locked in one order, so that two cannot deadlock.
_STORE = """
WITH given AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(fit)s::int[], %(engagement)s::int[], %(total)s::int[], %(again)s::timestamptz[])
        AS score (lead_id, fit, engagement, total, again)
), before AS (
    SELECT score.lead_id, score.due_at,
        (score.fit, score.engagement, score.total) IS DISTINCT FROM (given.fit, given.engagement, given.total) AS differs
    FROM leads_leadscore AS score JOIN given USING (lead_id)
    ORDER BY score.lead_id FOR NO KEY UPDATE OF score
), written AS (
    UPDATE leads_leadscore AS score SET
        fit = given.fit, engagement = given.engagement, total = given.total, at = %(now)s,
        due_at = CASE WHEN score.due_at > %(now)s AND score.due_at <= %(soon)s THEN score.due_at ELSE given.again END
    FROM given JOIN before USING (lead_id)
    WHERE score.lead_id = given.lead_id AND (before.differs OR before.due_at IS DISTINCT FROM given.again)
), history AS (
    INSERT INTO leads_scoreentry (lead_id, at, fit, engagement, total, model_id)
    SELECT given.lead_id, %(now)s, given.fit, given.engagement, given.total, %(model)s
    FROM given JOIN before USING (lead_id) WHERE before.differs
    RETURNING 1
)
SELECT count(*) FROM history
"""


def _store(scores: Scores, known: Known, model_id: UUID | None, now: datetime) -> int:
    """Write what differs from what ``known`` was read with; returns how many scores changed."""
    fit, engagement, total = _whole(scores.fit), _whole(scores.engagement), _whole(scores.total)
    found = zip(scores.ids, fit, engagement, total, scores.again, strict=True)
    rows = [row for row, before in zip(found, known.stored, strict=True) if _differs(row, before, now)]
    if not rows:
        return 0
    ids, fit, engagement, total, again = map(list, zip(*rows, strict=True))
    values: dict[str, Any] = {
        "ids": ids,
        "fit": fit,
        "engagement": engagement,
        "total": total,
        "again": again,
        "now": now,
        # Changes made while these were scored are due at once: within this time, clocks of several machines included.
        "soon": now + timedelta(minutes=5),
        "model": model_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, values)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _differs(row: tuple[Any, ...], stored: tuple[Any, ...], now: datetime) -> bool:
    """Whether there is anything to write. A fading score that is the same keeps the time at which it is looked at again."""
    _id, *points, again = row
    *before, due_at = stored
    keeps_time = again == due_at if again is None or due_at is None else due_at > now
    return points != before or not keeps_time


def _whole(scores: Numbers) -> list[int]:
    """Half up, so that 49.5 is 50 for everybody."""
    whole: list[int] = np.floor(scores + 0.5).astype(int).tolist()
    return whole


# --- Scoring what is due ----------------------------------------------------------------------------------------------


@work.job(JOB)
def score_these(*lead_ids: str) -> None:
    """The doorbell's way: score those of ``lead_ids`` that are due."""
    due = LeadScore.objects.due(clock.now()).filter(pk__in=[UUID(lead_id) for lead_id in lead_ids])
    score_leads(list(due.values_list("pk", flat=True)))


@sweeps.register
class ScoreDueLeads(sweeps.Sweep):
    """Finds leads whose score is older than what it is made from, many at a time."""

    name = "leads.score_due"
    model = LeadScore
    batch = 2_000
    late_after = timedelta(minutes=2)

    @override
    def due(self, now: datetime) -> QuerySet[LeadScore]:
        return LeadScore.objects.due(now)

    @override
    def run_one(self, row: LeadScore) -> None:
        score_leads([row.pk])

    @override
    def run(self) -> sweeps.Outcome:
        """As every sweep, but a batch is one computation and three statements."""
        done, lag = 0, self.lag()
        for _batch in range(self.most_batches):
            with transaction.atomic():
                rows = self.due(clock.now()).select_for_update(skip_locked=True, of=("self",), no_key=True)
                ids = list(rows.order_by(self.due_column).values_list("pk", flat=True)[: self.batch])
                score_leads(ids)
            done += len(ids)
            if len(ids) < self.batch:
                break
        heartbeats.beat(self.name, lag=lag, done=done, failed=0, error="")
        return sweeps.Outcome(done, 0, lag)


# --- All of them ------------------------------------------------------------------------------------------------------


def score_all(*, actor: User | None) -> ScoreRun:
    """Order every lead to be scored again; while such an order is being carried out, it starts from the beginning."""
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with transaction.atomic():
        run = ScoreRun.objects.select_for_update().filter(state=ScoreRun.State.WAITING).first() or ScoreRun()
        run.total, run.done, run.changed, run.cursor, run.claims = Lead.objects.count(), 0, 0, None, []
        run.due_at, run.asked_by = clock.now(), actor
        run.save()
        for _worker in range(SIDE_BY_SIDE):
            work.enqueue(RUN_JOB, run.pk)
    return run


def carry_on(run_id: UUID) -> bool:
    """Score the next ``AT_ONCE`` leads of a run; False when there are none, or all are in other hands."""
    claim = _claim(run_id)
    if claim is None:
        return False
    after, until, _lease = claim
    with transaction.atomic():
        _be_quick()
        done, changed = _score(present(), Lead.objects.filter(pk__gt=after, pk__lte=until))
        run = _in_progress(run_id)
        if run is not None and claim in run.claims:  # else it took too long, and another did it again
            run.claims.remove(claim)
            run.done, run.changed = run.done + done, run.changed + changed
            if not run.claims:
                run.due_at = clock.now()  # without a broker the sweep goes on at once
            if not run.claims and run.cursor == LAST:
                run.state, run.ended_at = ScoreRun.State.DONE, clock.now()
            run.save()
    return True


def _in_progress(run_id: UUID) -> ScoreRun | None:
    rows = ScoreRun.objects.select_for_update().filter(pk=run_id, state=ScoreRun.State.WAITING)
    found: ScoreRun | None = rows.first()
    return found


def _claim(run_id: UUID) -> list[str] | None:
    """A portion whose worker is gone, else the next one: ``[after, up to, claimed until]``."""
    with transaction.atomic():
        run, now = _in_progress(run_id), clock.now()
        if run is None:
            return None
        claim = next((claim for claim in run.claims if claim[2] <= now.isoformat()), None)
        if claim is not None:
            run.claims.remove(claim)
        elif run.cursor != LAST:
            after = run.cursor or FIRST
            leads = Lead.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
            run.cursor = leads[AT_ONCE - 1 : AT_ONCE].first() or LAST
            claim = [str(after), str(run.cursor), ""]
        else:
            return None
        run.due_at = now + LEASE
        claim = [*claim[:2], run.due_at.isoformat()]
        run.claims = [*run.claims, claim]
        run.save()
    return claim


def _be_quick() -> None:
    """Until the transaction ends: do not wait for the disk, because what a crash loses (portion and cursor alike) is done
    again; and no helpers, because a portion's query is done before they are ready.
    """
    settings = {"synchronous_commit": "off", "max_parallel_workers_per_gather": "0"}
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


@work.job(RUN_JOB)
def score_all_now(run_id: str) -> None:
    while carry_on(UUID(run_id)):
        pass


@sweeps.register
class CarryOnScoring(sweeps.Sweep):
    """Takes up a run whose worker is gone."""

    name = "leads.score_all"
    model = ScoreRun
    late_after = timedelta(minutes=10)

    @override
    def due(self, now: datetime) -> QuerySet[ScoreRun]:
        return ScoreRun.objects.filter(state=ScoreRun.State.WAITING, due_at__lte=now)

    @override
    def run_one(self, row: ScoreRun) -> None:
        carry_on(row.pk)


# --- Why ----------------------------------------------------------------------------------------------------------------


def explain(lead: Lead, *, now: datetime | None = None, past: bool = True) -> dict[str, Any]:
    """The score of ``lead`` as it is now and why: on each axis ``base`` and the points of ``reasons`` sum to ``value``.

    ``{fit, engagement: {score, value, base, reasons: [{fact, label, said, points}]}, total, scored_at, model, history,
    external}``; scores are whole, values exact. ``past``: whether earlier scores are read too.
    """
    scoring = present()
    moment = now or clock.now()
    known = read_facts(Lead.objects.filter(pk=lead.pk), scoring.wanted, scoring.facts)
    scores = compute(scoring, known, moment)
    model = scoring.model
    fit = (
        _fit_reasons(scoring, known, lead)
        if scoring.card
        else _rule_reasons(scoring, scoring.fit_rules, known, moment, lead)
    )
    return {
        "fit": _axis(scores.fit[0], *fit),
        "engagement": _axis(
            scores.engagement[0], *_rule_reasons(scoring, scoring.engagement_rules, known, moment, lead)
        ),
        "total": _whole(scores.total)[0],
        "scored_at": lead.score.at,
        "model": {"number": model.number, "trained_at": model.trained_at} if model else None,
        "history": _past(lead) if past else [],
        "external": list(ExternalScore.objects.filter(lead=lead.pk).values("source", "value", "note", "at")),
    }


def _past(lead: Lead) -> list[dict[str, Any]]:
    rows = ScoreEntry.objects.filter(lead=lead.pk).values("at", "fit", "engagement", "total", "model__number")
    return [dict(row) for row in rows[:20]]


def _axis(value: float, base: float, reasons: list[dict[str, Any]]) -> dict[str, Any]:
    rest = value - base - sum(reason["points"] for reason in reasons)
    if abs(rest) > 1e-9:
        reasons = [*reasons, {"fact": "", "label": _("Kept between 0 and 100"), "said": "", "points": rest}]
    return {"score": _whole(np.array([value]))[0], "value": value, "base": base, "reasons": reasons}


def _rule_reasons(
    scoring: Scoring, rules: Sequence[Rule], known: Known, now: datetime, lead: Lead
) -> tuple[float, list[dict[str, Any]]]:
    if not rules:
        return 0.0, []
    points = points_of(rules, known.table, known.ages(now, [rule.fact for rule in rules]))[0].tolist()
    reasons = [
        _reason(scoring, (rule.fact,), known, point, lead) for rule, point in zip(rules, points, strict=True) if point
    ]
    return 0.0, sorted(reasons, key=lambda reason: -abs(reason["points"]))


def _fit_reasons(scoring: Scoring, known: Known, lead: Lead) -> tuple[float, list[dict[str, Any]]]:
    """The model's points: log-odds, shared out over the way from the average lead's percentage to this one's."""
    card = scoring.card
    assert card is not None  # by the caller
    terms = card.contributions(known.table)[0]
    base, value = 100 / (1 + np.exp(-card.base)), 100 * card.probabilities(known.table)[0]
    away = float(terms.sum())
    # Where everything cancels out the slope of the curve is the limit of the ratio.
    rate = (value - base) / away if abs(away) > 1e-6 else base * (1 - base / 100)
    reasons = [
        _reason(scoring, names, known, float(point) * float(rate), lead)
        for names, point in zip(card.names(), terms, strict=True)
        if abs(point) > 1e-12
    ]
    return float(base), sorted(reasons, key=lambda reason: -abs(reason["points"]))


def _reason(scoring: Scoring, names: Sequence[str], known: Known, points: float, lead: Lead) -> dict[str, Any]:
    return {
        "fact": " + ".join(names),
        "label": " + ".join(label_of(scoring.facts, name) for name in names),
        "said": " + ".join(said(scoring.facts.get(name), _value(known, name), lead) for name in names),
        "points": points,
    }


def _value(known: Known, name: str) -> Any:
    column = known.table.columns.get(name)
    return column[0] if column else None


def label_of(facts: Mapping[str, Fact], key: str) -> str:
    return str(facts[key].label) if key in facts else key


def said(fact: Fact | None, value: Any, lead: Lead) -> str:
    """A fact's value for a reader, as their language writes it."""
    if value is None:
        return _("not known")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    for choice, label in fact.choices if fact else ():
        if choice == value:
            return str(label)
    if isinstance(value, Decimal):
        currency = fact.currency(lead) if fact and fact.currency else ""
        return formats.money(value, currency) if currency else formats.number(value)
    return str(value)


# --- From outside -----------------------------------------------------------------------------------------------------


def post_external(
    *, actor: User | None, lead_id: UUID, source: str, value: Any, note: str = "", at: datetime | None = None
) -> ExternalScore:
    """Keep what another system thinks of a lead; the newest of a source replaces the one before.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``; ``Conflict`` for one older than what is kept.
    """
    writing.require(actor, WRITE_LEADS)
    with writing.writes():
        lead = writing.locked(Lead, actor, lead_id)
        score = ExternalScore.objects.filter(lead=lead, source=source).first() or ExternalScore(
            lead=lead, source=source
        )
        moment = at or clock.now()
        if not score._state.adding and score.at > moment:
            raise Conflict(_("A newer score of this source is kept already."), field="at", code="older")
        score.value, score.note, score.at, score.updated_at = value, note, moment, clock.now()
        writing.check(score)
        score.save()
    return score
