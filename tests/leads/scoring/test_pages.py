"""The scoring settings as people see them, and the API beside them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Capability
from leads.models import ExternalScore, ScoreModel, ScoreRule
from leads.services import scoring, scoring_models, scoring_rules
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
RULE = {
    "axis": "fit",
    "fact": "company.employees",
    "test": "at_least",
    "compared": "50",
    "points": "15",
    "is_active": "on",
}


@pytest.fixture
def browser():
    def signed_in(*capabilities):
        client = Client()
        client.force_login(UserFactory(capabilities=list(capabilities)))
        return client

    return signed_in


@pytest.fixture
def manager(browser):
    return browser(Capability.MANAGES)


def test_a_manager_makes_changes_and_deletes_a_rule_without_code(manager):
    assert "No rule yet" in manager.get(reverse("scoring:rules")).content.decode()
    answer = manager.post(reverse("scoring:new_rule"), RULE)
    assert answer.status_code == 302
    made = ScoreRule.objects.get()
    assert (made.values, made.points) == (["50"], 15)

    page = manager.get(reverse("scoring:rules")).content.decode()
    assert "Employees is at least 50" in page

    address = reverse("scoring:rule", args=[made.pk])
    assert 'value="50"' in manager.get(address).content.decode()
    assert manager.post(address, RULE | {"points": "20", "version": "1"}).status_code == 302
    made.refresh_from_db()
    assert made.points == 20
    assert manager.post(reverse("scoring:delete_rule", args=[made.pk])).status_code == 302
    assert not ScoreRule.objects.exists()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"compared": ""}, "Say what it is compared with."),
        ({"compared": "many"}, "Compare with a number."),
        ({"points": "0"}, "No points change nothing."),
        ({"half_life_days": "7"}, "Only engagement fades"),
        ({"fact": "lead.owner"}, "Select a valid choice"),
    ],
)
def test_a_wrong_rule_is_answered_beside_its_field_and_keeps_what_was_typed(manager, change, text):
    answer = manager.post(reverse("scoring:new_rule"), RULE | change)
    assert answer.status_code == 422
    assert text in answer.content.decode()
    assert not ScoreRule.objects.exists()


def test_two_who_edit_one_rule_are_told(manager):
    made = scoring_rules.create_rule(actor=None, axis="fit", fact="lead.source", test="known", points=5)
    scoring_rules.change_rule(actor=None, rule_id=made.pk, changes={"points": 9})
    answer = manager.post(reverse("scoring:rule", args=[made.pk]), RULE | {"version": "1"})
    assert answer.status_code == 422
    made.refresh_from_db()
    assert made.points == 9


def test_the_page_says_how_many_are_missing(manager, past):
    past(3, 2)
    page = manager.get(reverse("scoring:model")).content.decode()
    assert "37 won and 38 lost are missing" in page
    assert "Learn a new model" not in page


def test_a_model_is_asked_for_seen_published_and_taken_back(manager, past):
    past(70, 70)
    assert manager.post(reverse("scoring:learn")).status_code == 302
    assert "A model is being learned" in manager.get(reverse("scoring:model")).content.decode()
    model = ScoreModel.objects.get()
    scoring_models.learn_now(str(model.pk))

    page = manager.get(reverse("scoring:model")).content.decode()
    assert "Model 1" in page
    assert page.count('class="stop-inside"') == 10
    assert "Use this model" in page
    assert manager.post(reverse("scoring:publish", args=[model.pk])).status_code == 302
    assert "In use" in manager.get(reverse("scoring:model")).content.decode()
    assert "Model 1 says the fit" in manager.get(reverse("scoring:rules")).content.decode()
    assert manager.post(reverse("scoring:revert")).status_code == 302
    model.refresh_from_db()
    assert model.state == ScoreModel.State.RETIRED


def test_a_manager_says_what_is_never_used(manager):
    answer = manager.post(
        reverse("scoring:model"), {"retrain": "weekly", "window_months": "12", "excluded": ["lead.source"]}
    )
    assert answer.status_code == 302
    assert scoring_rules.settings().excluded == ["lead.source"]
    wrong = manager.post(reverse("scoring:model"), {"window_months": "1"})
    assert wrong.status_code == 422


def test_scoring_all_shows_its_progress(manager, bank):
    assert manager.post(reverse("scoring:score_all")).status_code == 302
    assert "Scoring: 0 of 1 leads" in manager.get(reverse("scoring:progress")).content.decode()
    scoring.score_all_now(str(scoring.score_all(actor=None).pk))
    assert "1 changed" in manager.get(reverse("scoring:progress")).content.decode()


def test_reps_read_and_write_nothing(browser):
    rep = browser(Capability.CALLS)
    made = scoring_rules.create_rule(actor=None, axis="fit", fact="lead.source", test="known", points=5)
    assert rep.get(reverse("scoring:rules")).status_code == 200
    assert rep.get(reverse("scoring:model")).status_code == 200
    assert "New rule" not in rep.get(reverse("scoring:rules")).content.decode()
    for address in (
        reverse("scoring:new_rule"),
        reverse("scoring:rule", args=[made.pk]),
        reverse("scoring:delete_rule", args=[made.pk]),
        reverse("scoring:learn"),
        reverse("scoring:revert"),
        reverse("scoring:score_all"),
        reverse("scoring:model"),
    ):
        assert rep.post(address, RULE).status_code == 403
    assert ScoreRule.objects.count() == 1


# --- API --------------------------------------------------------------------------------------------------------------


def test_the_api_says_why(browser, bank):
    admin = browser(Capability.ADMINISTERS)
    scoring_rules.create_rule(actor=None, axis="fit", fact="company.sector", test="is", values=["bank"], points=40)
    scoring.score_leads([bank.pk])

    found = admin.get(f"/api/v1/leads/{bank.pk}/score").json()

    assert found["fit"]["score"] == 40
    assert found["fit"]["reasons"] == [{"fact": "company.sector", "label": "Sector", "said": "Bank", "points": 40.0}]
    assert found["total"] == 27
    assert found["history"][0]["total"] == 27
    assert found["model"] is None


def test_the_api_takes_a_score_from_outside(browser, bank):
    admin = browser(Capability.ADMINISTERS)
    answer = admin.post(
        f"/api/v1/leads/{bank.pk}/outside-scores",
        {"source": "intent", "value": "72.5"},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content
    assert answer.json()["external"][0]["value"] == "72.500"
    assert ExternalScore.objects.get().lead_id == bank.pk


def test_somebody_elses_lead_has_no_score_for_a_rep(browser, bank):
    assert browser(Capability.CALLS).get(f"/api/v1/leads/{bank.pk}/score").status_code == 404


def test_rules_and_models_over_the_api(browser, past):
    admin = browser(Capability.ADMINISTERS)
    made = admin.post(
        "/api/v1/score-rules",
        {"axis": "fit", "fact": "lead.source", "test": "is", "values": ["Fair"], "points": 10},
        content_type="application/json",
    )
    assert made.status_code == 201, made.content
    assert admin.get("/api/v1/score-rules").json()["results"][0]["points"] == 10
    refused = admin.post("/api/v1/score-models")
    assert (refused.status_code, refused.json()["code"]) == (409, "too_few")
    past(40, 40)
    asked = admin.post("/api/v1/score-models")
    assert (asked.status_code, asked.json()["state"]) == (201, "waiting")
    assert admin.post("/api/v1/score-models/revert").status_code == 409
    assert admin.post("/api/v1/score-rules/score-all").status_code == 204
