"""Questions in versions; answers set fields and count, whoever gives them, until the lead is decided."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from crm.core.errors import Conflict, Forbidden, Invalid, NotFound
from crm.core.models import JournalEntry
from leads.models import Lead, Questionnaire, QuestionnaireAnswers
from leads.services import questionnaires
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.leads import LeadFactory, ProductFactory

pytestmark = pytest.mark.django_db

QUESTIONS: list[dict[str, Any]] = [
    {"text": "When do you need it?", "kind": "choice", "choices": ["now", "later"], "points": {"now": 20, "later": -5},
     "axis": "engagement", "required": True},
    {"text": "Show you?", "key": "demo", "kind": "yes_no", "sets": "lead.needs_demo", "points": {"yes": 5}},
    {"text": "How many are you?", "key": "people", "kind": "number", "sets": "company.employees"},
    {"text": "Budget", "kind": "number", "sets": "lead.expected_value"},
    {"text": "Which?", "key": "which", "kind": "choice", "choices": ["GTX Pro", "MG"], "sets": "lead.product"},
    {"text": "Colours", "kind": "choices", "choices": ["red", "blue"], "points": {"red": 1, "blue": 2}},
    {"text": "Anything else?", "key": "else"},
]  # fmt: skip
ANSWERS = {"when_do_you_need_it": "now", "demo": "yes", "people": "250", "budget": "12 500,50", "which": "GTX Pro",
           "colours": ["red", "blue"], "else": "No <b>thanks</b>"}  # fmt: skip


@pytest.fixture
def asked() -> Questionnaire:
    ProductFactory(name="GTX Pro", name_key="gtxpro")
    return questionnaires.create_questionnaire(actor=UserFactory(manager=True), name="Needs", questions=QUESTIONS)


@pytest.fixture
def round_(asked: Questionnaire) -> QuestionnaireAnswers:
    owner = UserFactory()
    return questionnaires.ask(actor=owner, lead_id=LeadFactory(owner=owner).pk, questionnaire_id=asked.pk)


def test_answers_set_fields_and_count(round_: QuestionnaireAnswers) -> None:
    rep = round_.lead.owner
    done = questionnaires.answer(actor=rep, answers_id=round_.pk, given=ANSWERS)
    lead = Lead.objects.get()
    assert (lead.needs_demo, lead.expected_value, lead.currency) == (True, Decimal("12500.50"), "EUR")
    assert lead.company is not None
    assert (lead.company.employees, str(lead.product)) == (250, "GTX Pro")
    assert (done.answered_by, done.answers["else"]) == (rep, "No <b>thanks</b>")
    counted = [(one.axis, one.points, one.answer) for one in questionnaires.counted(done)]
    assert counted == [("engagement", 20, "now"), ("fit", 5, "yes"), ("fit", 1, "red"), ("fit", 2, "blue")]
    assert JournalEntry.objects.filter(event="questionnaire.answered", actor_id=rep.pk).count() == 1


def test_an_answer_that_does_not_fit_its_field_names_the_question(round_: QuestionnaireAnswers) -> None:
    with pytest.raises(Invalid) as refusal:
        questionnaires.answer(actor=None, answers_id=round_.pk, given={**ANSWERS, "which": "MG"})
    assert refusal.value.field == "which"
    round_.refresh_from_db()
    assert round_.answered_at is None, "all or nothing"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"when_do_you_need_it": ""}, "when_do_you_need_it"),
        ({"when_do_you_need_it": "soon"}, "when_do_you_need_it"),
        ({"people": "many"}, "people"),
        ({"people": "NaN"}, "people"),
        ({"colours": ["green"]}, "colours"),
    ],
)
def test_what_is_no_answer_is_refused(round_: QuestionnaireAnswers, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        questionnaires.answer(actor=None, answers_id=round_.pk, given={**ANSWERS, **change})
    assert refusal.value.field == field


def test_questions_that_were_asked_stay_as_they_were(asked: Questionnaire, round_: QuestionnaireAnswers) -> None:
    manager = UserFactory(manager=True)
    questionnaires.change_questionnaire(
        actor=manager, questionnaire_id=asked.pk, changes={"questions": [{"text": "Only this?"}]}
    )
    assert [version.number for version in asked.versions.all()] == [2, 1]
    round_.refresh_from_db()
    assert len(round_.version_asked.questions) == len(QUESTIONS)
    # Nobody was asked the second version yet: it is mended in place.
    questionnaires.change_questionnaire(
        actor=manager, questionnaire_id=asked.pk, changes={"questions": [{"text": "Only that?"}]}
    )
    newest = questionnaires.newest(asked)
    assert newest is not None
    assert (newest.number, newest.questions[0]["text"]) == (2, "Only that?")


@pytest.mark.parametrize(
    "question",
    [
        {"text": ""},
        {"text": "x", "kind": "essay"},
        {"text": "x", "kind": "choice", "choices": ["one"]},
        {"text": "x", "sets": "lead.owner"},
        {"text": "x", "kind": "date", "sets": "company.employees"},
        {"text": "x", "kind": "yes_no", "points": {"perhaps": 3}},
        {"text": "x", "kind": "yes_no", "points": {"yes": 3000}},
    ],
)
def test_a_question_that_cannot_work_is_refused(question: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refusal:
        questionnaires.create_questionnaire(actor=None, name="Q", questions=[{"text": "fine"}, question])
    assert refusal.value.field == "questions"
    assert str(refusal.value.detail).startswith("2. ")


def test_who_does_not_see_the_lead_neither_asks_nor_answers(round_: QuestionnaireAnswers) -> None:
    stranger = UserFactory(team=TeamFactory())
    asked = round_.version_asked.questionnaire
    for act in (
        lambda: questionnaires.ask(actor=stranger, lead_id=round_.lead_id, questionnaire_id=asked.pk),
        lambda: questionnaires.answer(actor=stranger, answers_id=round_.pk, given=ANSWERS),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Forbidden):
        questionnaires.create_questionnaire(actor=stranger, name="Q", questions=[{"text": "x"}])


# --- The customer's link ---------------------------------------------------------------------------------------------


def test_a_customer_answers_by_the_link_and_corrects(round_: QuestionnaireAnswers) -> None:
    outside = Client(enforce_csrf_checks=True)
    address = f"/q/{round_.token}"
    page = outside.get(address)
    assert page.status_code == 200
    assert not page.cookies
    assert "script" not in page.content.decode()
    sent = {**ANSWERS, "budget": "12500.50"}
    assert outside.post(address, {**sent, "when_do_you_need_it": ""}).status_code == 422
    assert outside.post(address, sent).headers["Location"] == f"{address}?sent=1"
    assert outside.post(address, {**sent, "when_do_you_need_it": "later"}).status_code == 302
    row = QuestionnaireAnswers.objects.get()
    assert (row.answers["when_do_you_need_it"], row.answered_by) == ("later", None)
    assert "answered already" in outside.get(address).content.decode()


def test_the_link_closes_with_the_lead(round_: QuestionnaireAnswers) -> None:
    outside = Client()
    disqualified = LeadFactory(disqualified=True)
    QuestionnaireAnswers.objects.update(lead=disqualified)
    assert outside.get(f"/q/{round_.token}").status_code == 410
    assert outside.post(f"/q/{round_.token}", ANSWERS).status_code == 410
    with pytest.raises(Conflict):
        questionnaires.answer(actor=None, answers_id=round_.pk, given=ANSWERS)
    assert outside.get("/q/nosuchtoken123").status_code == 404


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_a_rep_asks_and_writes_down_on_the_lead(client: Client, asked: Questionnaire) -> None:
    rep = UserFactory()
    lead = LeadFactory(owner=rep)
    client.force_login(rep)
    page = client.post(f"/leads/{lead.pk}/questionnaires/ask", {"questionnaire": asked.pk}, HTTP_HX_REQUEST="true")
    row = QuestionnaireAnswers.objects.get()
    assert f"/q/{row.token}" in page.content.decode()
    assert client.get(f"/questionnaires/{row.pk}").status_code == 200
    said = {**ANSWERS, "budget": "100", "when_do_you_need_it": ""}
    assert client.post(f"/questionnaires/{row.pk}", said).status_code == 302, "a conversation follows no form"
    shown = client.get(f"/leads/{lead.pk}/questionnaires").content.decode()
    assert "No &lt;b&gt;thanks&lt;/b&gt;" in shown
    assert rep.name in shown
    client.force_login(UserFactory(team=TeamFactory()))
    assert client.get(f"/leads/{lead.pk}/questionnaires").status_code == 404
    assert client.get(f"/questionnaires/{row.pk}").status_code == 404


def test_a_manager_makes_one_on_the_page(client: Client) -> None:
    client.force_login(UserFactory(manager=True))
    blank = {"key": "", "kind": "text", "answers": "", "axis": "fit", "sets": "", "ORDER": "2"}
    rows = [
        {**blank, "text": "Need it now?", "kind": "yes_no", "answers": "yes = 10\nno = -3", "ORDER": "2"},
        {**blank, "text": "Size?", "kind": "choice", "answers": "small\nbig = 7", "ORDER": "1"},
        {**blank, "text": ""},
    ]
    sent = {f"questions-{place}-{name}": value for place, row in enumerate(rows) for name, value in row.items()}
    sent |= {"questions-TOTAL_FORMS": "3", "questions-INITIAL_FORMS": "0", "name": "Page", "is_active": "on"}
    assert client.get("/settings/questionnaires/new").status_code == 200
    more = client.post("/settings/questionnaires/new", {**sent, "more": "1"})
    assert more.content.decode().count("<fieldset") >= 3
    assert not Questionnaire.objects.exists()
    answer = client.post("/settings/questionnaires/new", sent)
    assert answer.status_code == 302, answer.content.decode()
    version = questionnaires.newest(Questionnaire.objects.get())
    assert version is not None
    assert [(one["text"], one["points"]) for one in version.questions] == [
        ("Size?", {"big": 7}),
        ("Need it now?", {"yes": 10, "no": -3}),
    ]
    page = client.get(answer.headers["Location"]).content.decode()
    assert "big = 7" in page
    assert "Version 1" in page
    assert client.get("/settings/questionnaires/").status_code == 200
