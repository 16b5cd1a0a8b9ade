"""Models learned from the organisation's own leads: enough history, an honest hold-out, publishing and going back."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pytest

from accounts import notices
from accounts.models import Capability, Notice
from crm.core import clock
from crm.core.errors import Conflict, Forbidden
from crm.core.sweeps import get_sweep
from leads.models import Company, Lead, ScoreModel, ScoreRun
from leads.services import scoring, scoring_models, scoring_rules
from tests.factories.accounts import UserFactory
from tests.factories.leads import LeadFactory

pytestmark = pytest.mark.django_db
State = ScoreModel.State


def learned():
    """Ask for a model and let a worker learn it."""
    model = scoring_models.ask_for_model(actor=None)
    scoring_models.learn_now(str(model.pk))
    model.refresh_from_db()
    return model


def test_below_the_minimum_it_says_how_many_are_missing(past):
    past(12, 41)
    history = scoring_models.history()
    assert (history.won, history.lost, history.missing_won, history.missing_lost) == (12, 41, 28, 0)
    with pytest.raises(Conflict) as refusal:
        scoring_models.ask_for_model(actor=None)
    assert refusal.value.specific_code == "too_few"
    assert "28 won and 0 lost" in str(refusal.value.detail)
    assert not ScoreModel.objects.exists()


def test_what_is_older_than_the_window_does_not_count(past):
    past(40, 40)
    scoring_rules.change_settings(actor=None, excluded=[], window_months=3)
    assert scoring_models.history().won < 40


def test_it_learns_judges_on_later_leads_publishes_explains_and_goes_back(past, bank, farm):
    past(110, 110)
    model = learned()

    assert model.state == State.DRAFT
    assert model.objections == []
    assert (model.n_train, model.n_test) == (154, 66)
    assert model.learned_from < model.judged_from < model.judged_to
    assert Lead.objects.filter(closed_at__isnull=False, arrived_at__lt=model.judged_from).count() == 154
    figures = model.measures
    assert figures["model"]["auc"] > 0.75
    assert figures["model"]["auc"] > figures["rules"]["auc"] == 0.5  # no rules yet
    assert figures["model"]["brier"] < figures["base"]["brier"]
    assert sum(row["count"] for row in model.calibration) == 66
    assert model.weights[0][0] == "company.sector"

    scoring_models.publish_model(actor=None, model_id=model.pk)
    run = ScoreRun.objects.get()
    scoring.score_all_now(str(run.pk))
    bank.refresh_from_db()
    farm.refresh_from_db()
    assert bank.score_fit > 65
    assert farm.score_fit < 35

    found = scoring.explain(bank)
    assert found["fit"]["base"] + sum(reason["points"] for reason in found["fit"]["reasons"]) == pytest.approx(
        found["fit"]["value"], abs=1e-9
    )
    assert found["fit"]["score"] == bank.score_fit
    assert found["fit"]["reasons"][0]["label"] == "Sector"
    assert found["model"]["number"] == 1
    assert found["history"][0]["model__number"] == 1

    assert scoring_models.revert_model(actor=None) is None
    scoring.score_all_now(str(ScoreRun.objects.filter(state="waiting").get().pk))
    bank.refresh_from_db()
    assert bank.score_fit == 0
    with pytest.raises(Conflict):
        scoring_models.revert_model(actor=None)


def test_what_nothing_tells_apart_may_not_be_published(past):
    past(60, 60, telling=False)
    model = learned()
    assert "not_better_than_chance" in model.objections
    with pytest.raises(Conflict) as refusal:
        scoring_models.publish_model(actor=None, model_id=model.pk)
    assert refusal.value.specific_code == "not_publishable"
    assert not ScoreModel.objects.filter(state=State.PUBLISHED).exists()


def test_rules_that_order_as_well_keep_a_model_out():
    outcomes = np.array([0.0, 1] * 100)
    scores = np.clip(outcomes * 0.6 + 0.2 + np.random.default_rng(0).normal(0, 0.1, 200), 0.01, 0.99)
    figures = scoring_models.compare(outcomes, scores, rules=outcomes * 100, base_rate=0.5)
    assert scoring_models.objections(figures, outcomes, scores) == ["not_better_than_rules"]
    worse = scoring_models.compare(outcomes, scores, rules=1 - outcomes, base_rate=0.5)
    assert scoring_models.objections(worse, outcomes, scores) == []


def test_a_field_written_after_the_outcome_is_left_out(past):
    for lead in past(60, 60):
        lead.refresh_from_db()
        sector = "Key account" if lead.status == Lead.Status.QUALIFIED else "Archive"
        Company.objects.filter(pk=lead.company_id).update(sector=sector)
    model = learned()
    assert ["company.sector", "leak"] in model.left_out
    assert "company.sector" not in [field["name"] for field in model.card.get("fields", [])]


def test_an_excluded_field_is_not_used(past):
    past(60, 60)
    scoring_rules.change_settings(actor=None, excluded=["company.sector", "company.employees"], window_months=24)
    model = learned()
    assert {"company.sector", "company.employees"} & {field["name"] for field in model.card.get("fields", [])} == set()
    assert "not_better_than_chance" in model.objections or model.state == State.FAILED


def test_what_people_set_while_they_sell_is_never_an_input(past):
    past(1, 1)
    usable = scoring_models.learnable_facts([])
    assert not {"company.tier", "contact.level", "lead.answered"} & usable.keys()
    assert not any("owner" in key or "status" in key or "motion" in key for key in usable)


def test_learning_twice_gives_the_same_bytes(past):
    past(50, 50)
    data = scoring_models.examples([])
    again = scoring_models.examples([])
    from leads.scoring.training import learn

    first, second = (json.dumps(learn(d.table, d.outcomes, ordered=True).card.as_data()) for d in (data, again))
    assert first == second


def test_examples_run_from_old_to_new(past):
    past(20, 20)
    data = scoring_models.examples([])
    assert data.arrived == sorted(data.arrived)
    assert data.outcomes.sum() == 20


def test_one_order_at_a_time_and_a_lost_worker_is_replaced(past, monkeypatch):
    past(40, 40)
    model = scoring_models.ask_for_model(actor=None)
    assert scoring_models.ask_for_model(actor=None).pk == model.pk
    ScoreModel.objects.update(due_at=clock.now() + timedelta(minutes=5))  # somebody is at it
    scoring_models.learn_now(str(model.pk))
    model.refresh_from_db()
    assert model.state == State.WAITING

    ScoreModel.objects.update(due_at=clock.now() - timedelta(seconds=1))  # and never came back
    rung = []
    monkeypatch.setattr("leads.services.scoring_models.work.enqueue", lambda name, *ids: rung.append((name, *ids)))
    get_sweep("leads.learn_scores").run()
    assert rung == [("leads.learn_scores", model.pk)]


def test_going_back_twice_goes_back_two_steps():
    now = clock.now()
    for number in (1, 2, 3):
        ScoreModel.objects.create(
            number=number,
            state=State.RETIRED if number < 3 else State.PUBLISHED,
            published_at=now - timedelta(days=9 - number),
            card={"fields": [], "base": 0, "mains": [], "pairs": []},
        )
    assert scoring_models.revert_model(actor=None).number == 2
    assert scoring_models.revert_model(actor=None).number == 1
    assert scoring_models.revert_model(actor=None) is None
    assert set(ScoreModel.objects.values_list("state", flat=True)) == {State.RETIRED}


def test_models_are_a_managers():
    rep = UserFactory(capabilities=[Capability.CALLS])
    for write in (
        lambda: scoring_models.ask_for_model(actor=rep),
        lambda: scoring_models.publish_model(actor=rep, model_id=rep.pk),
        lambda: scoring_models.revert_model(actor=rep),
        lambda: scoring_rules.change_settings(actor=rep, excluded=[], window_months=12),
    ):
        with pytest.raises(Forbidden):
            write()


def test_a_reopened_deal_is_no_outcome(past):
    from leads.models import Deal
    from tests.factories.leads import DealFactory

    lead = past(1, 0)[0]
    Deal.objects.filter(lead=lead).update(state=Deal.State.OPEN, closed_on=None)
    assert not scoring_models.won_leads().exists()
    assert not scoring_models.lost_leads().exists()
    DealFactory(lead=lead, company=lead.company)
    assert not scoring_models.lost_leads().exists()
    assert LeadFactory().pk not in scoring_models.lost_leads().values_list("pk", flat=True)


def learned_by_itself():
    assert get_sweep("leads.learn_again").run().done == 1
    model = ScoreModel.objects.get(state=State.WAITING)
    scoring_models.learn_now(str(model.pk))
    model.refresh_from_db()
    return model


def told(person):
    return list(Notice.objects.filter(user=person).order_by("created_at").values_list("kind", "facts__number"))


def test_a_model_is_learned_and_used_by_itself_and_goes_back_with_one_click(past):
    past(70, 70)
    admin = UserFactory(capabilities=[Capability.ADMINISTERS])
    UserFactory(capabilities=[Capability.CALLS])

    first = learned_by_itself()
    assert (first.state, first.by_schedule, "present" in first.measures) == (State.PUBLISHED, True, False)
    assert ScoreRun.objects.filter(state=ScoreRun.State.WAITING).exists()
    assert get_sweep("leads.learn_again").run().done == 0  # not before a month has gone

    with clock.telling(clock.now() + timedelta(days=29)):
        assert get_sweep("leads.learn_again").run().done == 0
    with clock.telling(clock.now() + timedelta(days=31)):
        second = learned_by_itself()
    # The first has seen all there is: nothing to compare by, and the younger one knows no less.
    assert (second.state, "present" in second.measures) == (State.PUBLISHED, False)
    assert told(admin) == [("score_model.published", 1), ("score_model.published", 2)]
    assert Notice.objects.exclude(user=admin).count() == 0
    assert notices.url_of(Notice.objects.first()) == "/settings/scoring/model/"

    assert scoring_models.revert_model(actor=None) == first


def test_a_model_that_is_clearly_worse_than_the_one_in_use_is_kept_aside(past):
    past(70, 70)
    admin = UserFactory(capabilities=[Capability.ADMINISTERS])
    in_use = learned()
    scoring_models.publish_model(actor=None, model_id=in_use.pk)
    ScoreModel.objects.filter(pk=in_use.pk).update(judged_to=clock.now() - timedelta(days=90))
    # What told most may not be used any more: the next one knows less, and says so.
    scoring_rules.change_settings(actor=None, excluded=["company.sector"], window_months=24, retrain="weekly")
    with clock.telling(clock.now() + timedelta(days=8)):
        second = learned_by_itself()
    assert second.measures["present"]["is_clearly_better"] is True
    assert (second.state, told(admin)) == (State.DRAFT, [("score_model.kept", 2)])
    in_use.refresh_from_db()
    assert in_use.state == State.PUBLISHED


def test_what_does_not_beat_chance_is_not_used_by_itself(past):
    past(60, 60, telling=False)
    model = learned_by_itself()
    assert (model.state, bool(model.objections)) == (State.DRAFT, True)


@pytest.mark.parametrize(("retrain", "leads"), [("off", 60), ("weekly", 20)])
def test_nothing_is_learned_by_itself_when_off_or_from_too_little(past, retrain, leads):
    past(leads, leads)
    scoring_rules.change_settings(actor=None, excluded=[], window_months=24, retrain=retrain)
    assert get_sweep("leads.learn_again").run().done == 0
    assert not ScoreModel.objects.exists()
