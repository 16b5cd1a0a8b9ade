"""Scores by rules: two axes, kept up with every change, explained, kept in history."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.utils import translation

from accounts.models import Capability
from crm.core import clock
from crm.core.errors import Conflict, Forbidden, Invalid, VersionConflict
from crm.core.sweeps import get_sweep
from leads.models import Axis, Company, ExternalScore, Lead, LeadScore, ScoreEntry, ScoreRule, ScoreRun
from leads.services import companies, leads, scoring, scoring_rules
from leads.services.scoring_facts import Fact, all_facts, read_facts
from tests.factories.accounts import UserFactory
from tests.factories.leads import LeadFactory

pytestmark = pytest.mark.django_db


def rule(**fields):
    given = {"axis": Axis.FIT, "fact": "company.sector", "test": "is", "values": ["bank"], "points": 40} | fields
    return scoring_rules.create_rule(actor=None, **given)


def score(lead):
    scoring.score_leads([lead.pk])
    lead.refresh_from_db()
    return lead.score_fit, lead.score_engagement, lead.score_total


def test_the_axes_stand_apart_and_the_order_is_two_parts_fit(bank, farm):
    rule()
    rule(axis=Axis.ENGAGEMENT, fact="lead.channel", values=["form"], points=30)

    assert score(bank) == (40, 30, 37)
    assert score(farm) == (0, 0, 0)


def test_points_fade_by_half_in_each_half_life(bank):
    rule(axis=Axis.ENGAGEMENT, fact="lead.channel", values=["form"], points=80, half_life_days=10)
    Lead.objects.filter(pk=bank.pk).update(arrived_at=clock.now() - timedelta(days=20))

    assert score(bank)[1] == 20
    assert clock.now() + timedelta(hours=23) < bank.score.due_at < clock.now() + timedelta(days=10)


def test_without_any_rule_everybody_has_nothing(bank):
    assert score(bank) == (0, 0, 0)
    assert scoring.explain(bank)["fit"] == {"score": 0, "value": 0.0, "base": 0.0, "reasons": []}


def test_what_does_not_fade_is_not_due_again(bank):
    rule()
    score(bank)
    assert bank.score.due_at is None


@pytest.mark.parametrize(
    ("test", "values", "points"),
    [
        ("at_least", ["300"], 20),
        ("at_least", ["301"], 0),
        ("at_most", ["300"], 20),
        ("at_most", ["299.5"], 0),
        ("is", ["300"], 20),
        ("is_not", ["300"], 0),
        ("one_of", ["1", "300"], 20),
        ("known", [], 20),
        ("missing", [], 0),
        ("contains", ["30"], 20),
    ],
)
def test_every_kind_of_condition(bank, test, values, points):
    rule(fact="company.employees", test=test, values=values, points=20)
    assert score(bank)[0] == points


def test_an_unknown_fact_meets_only_missing():
    nobody = LeadFactory(company=None)
    rule(fact="company.employees", test="at_most", values=["10"], points=10)
    rule(fact="company.employees", test="is_not", values=["10"], points=10)
    rule(fact="company.employees", test="missing", values=[], points=7)
    assert score(nobody)[0] == 7


def test_a_group_gives_no_more_than_its_cap_and_an_axis_stays_between_0_and_100(bank):
    rule(points=60, group="who", group_cap=50)
    rule(fact="company.employees", test="known", values=[], points=40, group="who", group_cap=50)
    assert score(bank)[0] == 50

    rule(points=90)
    assert score(bank)[0] == 100
    ScoreRule.objects.update(points=-90)
    assert score(bank)[0] == 0


def test_reasons_add_up_to_each_axis_also_where_it_is_cut_off(bank):
    rule(points=90)
    rule(fact="company.employees", test="known", values=[], points=40, group="size", group_cap=30)
    rule(axis=Axis.ENGAGEMENT, fact="lead.channel", values=["form"], points=33, half_life_days=7)

    found = scoring.explain(bank)

    for axis in ("fit", "engagement"):
        total = found[axis]["base"] + sum(reason["points"] for reason in found[axis]["reasons"])
        assert total == pytest.approx(found[axis]["value"], abs=1e-9)
    assert found["fit"]["score"] == 100
    assert [reason["points"] for reason in found["fit"]["reasons"]] == [90, 30, -20]
    assert found["engagement"]["reasons"][0]["said"] == "Form"
    assert found["model"] is None


def test_an_amount_is_said_as_money_in_the_readers_language(bank):
    rule(fact="lead.expected_value", test="known", values=[])
    rule(fact="company.annual_revenue", test="known", values=[])
    Lead.objects.filter(pk=bank.pk).update(expected_value="46000", currency="EUR")
    Company.objects.filter(pk=bank.company_id).update(annual_revenue="1250000", currency="IDR")
    bank.refresh_from_db()

    def texts():
        return {reason["fact"]: reason["said"] for reason in scoring.explain(bank)["fit"]["reasons"]}

    assert texts() == {"lead.expected_value": "€46,000", "company.annual_revenue": "IDR\xa01,250,000"}
    with translation.override("fr"):
        assert texts()["lead.expected_value"].replace("\u202f", " ").replace("\xa0", " ") == "46 000 €"


def test_history_is_written_only_when_a_score_changes(bank, sector_of):
    rule()
    score(bank)
    score(bank)
    assert ScoreEntry.objects.filter(lead=bank).count() == 1

    sector_of(bank, "Farm")
    score(bank)
    assert list(ScoreEntry.objects.filter(lead=bank).order_by("pk").values_list("fit", "total")) == [(40, 27), (0, 0)]


def test_scoring_does_not_raise_the_version_that_people_edit_against(bank):
    rule()
    before = bank.version
    score(bank)
    assert bank.version == before


def test_a_change_of_the_lead_or_its_company_scores_it_after_commit(
    bank, django_capture_on_commit_callbacks, monkeypatch
):
    rule()
    rule(fact="lead.source", values=["Fair"], points=5)
    rung = []
    monkeypatch.setattr("crm.core.work._ring", lambda name, ids: rung.append((name, ids)))
    with django_capture_on_commit_callbacks(execute=True):
        companies.change_company(actor=None, company_id=bank.company_id, changes={"sector": "Farm"})
    assert ("leads.score", [str(bank.pk)]) in rung
    bank.refresh_from_db()
    assert bank.score.due_at <= clock.now()

    rung.clear()
    with django_capture_on_commit_callbacks(execute=True):
        leads.change_lead(actor=None, lead_id=bank.pk, changes={"source": "Fair"})
    assert ("leads.score", [str(bank.pk)]) in rung
    scoring.score_these(str(bank.pk))
    bank.refresh_from_db()
    assert (bank.score_fit, bank.score.due_at) == (5, None)


def test_the_sweep_finds_what_nobody_rang_for(bank, farm):
    rule()
    LeadScore.objects.filter(pk=farm.pk).update(due_at=clock.now() + timedelta(days=1))

    outcome = get_sweep("leads.score_due").run()

    bank.refresh_from_db()
    farm.refresh_from_db()
    assert outcome.done == 1
    assert bank.score_fit == 40
    assert farm.score_fit is None


def test_a_change_while_a_lead_was_being_scored_keeps_it_due(bank, monkeypatch):
    rule()
    compute = scoring.compute

    def slow(*args):
        found = compute(*args)
        LeadScore.objects.filter(pk=bank.pk).update(due_at=clock.now())
        return found

    monkeypatch.setattr(scoring, "compute", slow)
    score(bank)
    assert bank.score.due_at is not None


def test_all_leads_are_scored_with_progress_and_taken_up_after_a_kill(monkeypatch):
    rule()
    for _ in range(5):
        LeadFactory(contact__company__sector="Bank")
    monkeypatch.setattr(scoring, "AT_ONCE", 2)
    run = scoring.score_all(actor=None)
    assert scoring.carry_on(run.pk)
    run.refresh_from_db()
    assert (run.done, run.total, run.state) == (2, 5, ScoreRun.State.WAITING)

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):  # a worker is killed with a portion in hand
        patched.setattr(scoring, "compute", Mock(side_effect=RuntimeError))
        scoring.carry_on(run.pk)
    scoring.score_all_now(str(run.pk))  # another one beside it leaves that portion alone
    run.refresh_from_db()
    assert (run.done, run.state, len(run.claims)) == (3, ScoreRun.State.WAITING, 1)
    assert not scoring.carry_on(run.pk)

    with clock.telling(clock.now() + 2 * scoring.LEASE):  # its lease is over
        assert get_sweep("leads.score_all").run().done == 1
    run.refresh_from_db()
    assert (run.done, run.changed, run.state, run.claims) == (5, 5, ScoreRun.State.DONE, [])
    assert set(Lead.objects.values_list("score__fit", flat=True)) == {40}


def test_a_portion_that_took_too_long_counts_once(monkeypatch):
    rule()
    LeadFactory(contact__company__sector="Bank")
    run = scoring.score_all(actor=None)
    compute = scoring.compute

    def slow(*args):
        monkeypatch.setattr(scoring, "compute", compute)
        with clock.telling(clock.now() + 2 * scoring.LEASE):
            assert scoring.carry_on(run.pk)
        return compute(*args)

    monkeypatch.setattr(scoring, "compute", slow)
    assert scoring.carry_on(run.pk)
    run.refresh_from_db()
    assert (run.done, run.state) == (1, ScoreRun.State.DONE)


def test_one_run_at_a_time_starts_again(bank):
    first = scoring.score_all(actor=None)
    assert scoring.score_all(actor=None).pk == first.pk
    scoring.score_all_now(str(first.pk))
    assert scoring.score_all(actor=None).pk != first.pk


def test_the_number_of_queries_does_not_grow_with_the_leads(django_assert_num_queries):
    rule()
    pks = [LeadFactory().pk for _ in range(7)]
    now = scoring.present()
    with django_assert_num_queries(4):  # savepoint, facts, store, release
        scoring.score_leads(pks, scoring=now)


# --- Rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"fact": "lead.owner"}, "fact"),
        ({"values": []}, "values"),
        ({"test": "at_least", "values": ["many"]}, "values"),
        ({"points": 0}, "points"),
        ({"points": 101}, "points"),
        ({"half_life_days": 7}, "half_life_days"),
        ({"group_cap": 10}, "group"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_beside_its_field(fields, field):
    with pytest.raises(Invalid) as refusal:
        rule(**fields)
    assert refusal.value.field == field


def test_rules_are_a_managers(bank):
    rep = UserFactory(capabilities=[Capability.CALLS])
    made = rule()
    with pytest.raises(Forbidden):
        scoring_rules.create_rule(actor=rep, axis="fit", fact="lead.source", test="known", points=1)
    with pytest.raises(Forbidden):
        scoring_rules.change_rule(actor=rep, rule_id=made.pk, changes={"points": 1})
    with pytest.raises(Forbidden):
        scoring_rules.delete_rule(actor=rep, rule_id=made.pk)
    with pytest.raises(Forbidden):
        scoring.score_all(actor=rep)


def test_two_who_edit_one_rule_do_not_overwrite_each_other():
    made = rule()
    scoring_rules.change_rule(actor=None, rule_id=made.pk, changes={"points": 10}, expected_version=1)
    with pytest.raises(VersionConflict):
        scoring_rules.change_rule(actor=None, rule_id=made.pk, changes={"points": 20}, expected_version=1)


def test_a_new_organisation_finds_rules_that_tell_leads_apart(bank, farm):
    scoring_rules.ensure_default_rules()
    scoring_rules.ensure_default_rules()
    assert ScoreRule.objects.filter(axis="fit").count() >= 8
    assert score(bank)[2] > score(farm)[2]
    assert set(ScoreRule.objects.values_list("fact", flat=True)) <= all_facts().keys()


# --- Facts ------------------------------------------------------------------------------------------------------------


def test_custom_fields_are_facts(bank):
    from tests.factories.leads import CustomFieldFactory

    CustomFieldFactory(holder="company", key="fleet", kind="number", label="Vehicles")
    bank.company.custom = {"fleet": 12}
    bank.company.save(update_fields=["custom"])

    rule(fact="company.custom.fleet", test="at_least", values=["10"], points=11)

    assert score(bank)[0] == 11
    assert scoring.explain(bank)["fit"]["reasons"][0]["label"] == "Vehicles"


def test_an_answered_questionnaire_fades_from_the_day_it_was_answered(bank):
    from tests.factories.leads import QuestionnaireAnswersFactory

    rule(axis=Axis.ENGAGEMENT, fact="lead.answered", values=["yes"], points=40, half_life_days=10)
    round_of = QuestionnaireAnswersFactory(lead=bank)
    assert score(bank)[1] == 0
    type(round_of).objects.update(answered_at=clock.now() - timedelta(days=10))
    assert score(bank)[1] == 20


def test_a_higher_app_adds_facts_with_their_own_time(bank, monkeypatch):
    monkeypatch.setattr("leads.services.scoring_facts._registered", {})
    from leads.services.scoring_facts import register_fact

    moment = clock.now() - timedelta(days=14)
    register_fact(Fact("call.answered", "Answered a call", lambda ids: dict.fromkeys(ids, (True, moment))))
    rule(axis=Axis.ENGAGEMENT, fact="call.answered", values=["yes"], points=40, half_life_days=14)
    assert score(bank)[1] == 20
    with pytest.raises(ValueError, match="twice"):
        register_fact(Fact("lead.source", "Again", lambda ids: {}))


def test_facts_come_in_one_query_whatever_is_asked(bank, farm, django_assert_num_queries):
    facts = all_facts()
    with django_assert_num_queries(1):
        known = read_facts(Lead.objects.order_by("pk"), sorted(facts), facts)
    assert known.table.columns["company.sector"] == ["Bank", "Farm"]
    assert known.table.columns["reach.phone"] == [False, False]
    assert set(known.table.columns) == set(facts)


# --- From outside -----------------------------------------------------------------------------------------------------


def test_a_score_from_outside_stands_beside_and_the_newest_of_a_source_counts(bank):
    rule()
    now = clock.now()
    scoring.post_external(actor=None, lead_id=bank.pk, source="intent", value="71.5", at=now)
    scoring.post_external(actor=None, lead_id=bank.pk, source="intent", value="80", at=now + timedelta(hours=1))
    with pytest.raises(Conflict):
        scoring.post_external(actor=None, lead_id=bank.pk, source="intent", value="1", at=now)

    assert [str(row.value) for row in ExternalScore.objects.filter(lead=bank)] == ["80.000"]
    assert score(bank) == (40, 0, 27)
    assert scoring.explain(bank)["external"][0]["source"] == "intent"


def test_nobody_posts_on_a_lead_they_do_not_see(bank):
    from crm.core.errors import NotFound

    with pytest.raises(NotFound):
        scoring.post_external(actor=UserFactory(capabilities=[Capability.CALLS]), lead_id=bank.pk, source="x", value=1)
    assert not ExternalScore.objects.exists()
