"""Settings of the doors: web forms and questionnaires; the mail that came to the lead address; questions on a lead."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.views.answers import back_to, form_status
from crm.core import policy
from crm.core.doors import page
from crm.core.errors import Conflict
from leads.forms_doors import AnswersForm, AskForm, QuestionForm, QuestionnaireForm, Questions, WebFormForm
from leads.models import IncomingMail, Lead, Questionnaire, QuestionnaireAnswers, WebForm
from leads.policies import MANAGE_SALES_SETTINGS, VIEW_LEADS, VIEW_SALES_SETTINGS, WRITE_LEADS
from leads.services import questionnaires, web_forms

MAILS_SHOWN = 100
USUAL_FIELDS = ["first_name", "last_name", "email", "phone", "company_name", "notes"]


def _reader(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


# --- Web forms -------------------------------------------------------------------------------------------------------


@page(act=VIEW_SALES_SETTINGS)
@require_GET
def all_web_forms(request: HttpRequest) -> HttpResponse:
    reader = _reader(request)
    rows = WebForm.objects.visible_to(reader).select_related("campaign", "product")
    facts = {"rows": rows, "may_manage": policy.may(reader, MANAGE_SALES_SETTINGS)}
    return render(request, "leads/doors/web_forms.html", facts)


@page(act=MANAGE_SALES_SETTINGS)
def new_web_form(request: HttpRequest) -> HttpResponse:
    reader = _reader(request)
    initial = {"language": reader.language, "fields_": USUAL_FIELDS, "required": ["last_name", "email"]}
    form = WebFormForm(request.POST or None, reader=reader, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = form.carry_out(lambda: web_forms.create_web_form(actor=reader, **form.values()))
        if made is not None:
            return back_to(request, "doors:web_form", _("%(name)s made.") % {"name": made.name}, args=(made.pk,))
    return render(request, "leads/doors/web_form.html", {"form": form}, status=form_status(form))


@page(act=MANAGE_SALES_SETTINGS)
def web_form(request: HttpRequest, form_id: UUID) -> HttpResponse:
    """One form: its address, the lines that embed it, and what it asks."""
    reader = _reader(request)
    row: WebForm = policy.get_visible(WebForm.objects.all(), reader, pk=form_id)
    form = WebFormForm(request.POST or None, record=row, reader=reader)
    if request.method == "POST" and form.is_valid():
        done = form.carry_out(
            lambda: web_forms.change_web_form(
                actor=reader, form_id=form_id, changes=form.values(), expected_version=form.expected_version
            )
        )
        if done is not None:
            return back_to(request, "doors:web_form", _("%(name)s saved.") % {"name": done.name}, args=(form_id,))
    address = request.build_absolute_uri(reverse("customer", args=["f", row.token]))
    facts = {"form": form, "row": row, "address": address, "snippet": _snippet(address, row)}
    return render(request, "leads/doors/web_form.html", facts, status=form_status(form))


def _snippet(address: str, row: WebForm) -> str:
    """The line that shows the form on another site. The sandbox lets it be sent and nothing else."""
    title = (row.title or row.name).replace('"', "”")
    return (
        f'<iframe src="{address}" title="{title}" width="100%" height="720" loading="lazy"'
        ' sandbox="allow-forms allow-same-origin"></iframe>'
    )


# --- Questionnaires --------------------------------------------------------------------------------------------------


@page(act=VIEW_SALES_SETTINGS)
@require_GET
def all_questionnaires(request: HttpRequest) -> HttpResponse:
    reader = _reader(request)
    rows = Questionnaire.objects.visible_to(reader).prefetch_related("versions")
    facts = {
        "rows": [(row, next(iter(row.versions.all()), None)) for row in rows],
        "may_manage": policy.may(reader, MANAGE_SALES_SETTINGS),
    }
    return render(request, "leads/doors/questionnaires.html", facts)


@page(act=MANAGE_SALES_SETTINGS)
def new_questionnaire(request: HttpRequest) -> HttpResponse:
    reader = _reader(request)
    form = QuestionnaireForm(request.POST or None)
    questions: Any = Questions(request.POST or None, prefix="questions")
    if _is_sent(request, form, questions):
        made = form.carry_out(
            lambda: questionnaires.create_questionnaire(
                actor=reader, name=form.cleaned_data["name"], questions=questions.questions()
            )
        )
        if made is not None:
            text = _("%(name)s made.") % {"name": made.name}
            return back_to(request, "doors:questionnaire", text, args=(made.pk,))
    return _edit(request, form, questions)


@page(act=MANAGE_SALES_SETTINGS)
def questionnaire(request: HttpRequest, questionnaire_id: UUID) -> HttpResponse:
    """The questions as they are asked now. Changing them after somebody was asked makes the next version."""
    reader = _reader(request)
    row: Questionnaire = policy.get_visible(Questionnaire.objects.all(), reader, pk=questionnaire_id)
    version = questionnaires.newest(row)
    form = QuestionnaireForm(request.POST or None, record=row)
    initial = [QuestionForm.initial_of(question) for question in (version.questions if version else [])]
    questions: Any = Questions(request.POST or None, prefix="questions", initial=initial)
    if _is_sent(request, form, questions):
        done = form.carry_out(
            lambda: questionnaires.change_questionnaire(
                actor=reader,
                questionnaire_id=questionnaire_id,
                changes=form.values() | {"questions": questions.questions()},
                expected_version=form.expected_version,
            )
        )
        if done is not None:
            text = _("%(name)s saved.") % {"name": done.name}
            return back_to(request, "doors:questionnaire", text, args=(questionnaire_id,))
    return _edit(request, form, questions, row=row, version=version)


def _is_sent(request: HttpRequest, form: QuestionnaireForm, questions: Any) -> bool:
    """Both parts fit, and it was not only asked for room for one more question."""
    return request.method == "POST" and "more" not in request.POST and form.is_valid() and questions.is_valid()


def _edit(request: HttpRequest, form: QuestionnaireForm, questions: Any, **facts: Any) -> HttpResponse:
    status = form_status(form)
    if "more" in request.POST and questions.is_valid():
        given = [QuestionForm.initial_of(question) for question in questions.questions()]
        questions, status = Questions(prefix="questions", initial=given), 200
    return render(
        request, "leads/doors/questionnaire.html", {"form": form, "questions": questions, **facts}, status=status
    )


# --- On a lead -------------------------------------------------------------------------------------------------------


@page(act=VIEW_LEADS)
@require_GET
def of_lead(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """The fragment on a lead's page: what was asked and answered, and what may be asked."""
    reader = _reader(request)
    lead: Lead = policy.get_visible(Lead.objects.all(), reader, pk=lead_id)
    return _of_lead(request, reader, lead)


@page(act=WRITE_LEADS)
@require_POST
def ask(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """Start a round of a questionnaire on a lead; its link may then be sent."""
    reader = _reader(request)
    lead: Lead = policy.get_visible(Lead.objects.all(), reader, pk=lead_id)
    form = AskForm(request.POST, reader=reader)
    if form.is_valid():
        chosen = form.cleaned_data["questionnaire"]
        questionnaires.ask(actor=reader, lead_id=lead_id, questionnaire_id=chosen.pk)
    return _of_lead(request, reader, lead) if request.htmx else redirect("records:lead", lead_id)  # type: ignore[attr-defined]


def _of_lead(request: HttpRequest, reader: User, lead: Lead) -> HttpResponse:
    rounds = QuestionnaireAnswers.objects.visible_to(reader).filter(lead=lead)
    rows = [_shown(request, row) for row in rounds.select_related("version_asked__questionnaire", "answered_by")]
    may_write = policy.may(reader, WRITE_LEADS) and lead.is_open
    facts = {"lead": lead, "rounds": rows, "ask": AskForm(reader=reader) if may_write else None}
    return render(request, "leads/doors/of_lead.html", facts)


def _shown(request: HttpRequest, row: QuestionnaireAnswers) -> dict[str, Any]:
    said = [
        (question["text"], in_words(row.answers[question["key"]]))
        for question in row.version_asked.questions
        if question["key"] in row.answers
    ]
    link = request.build_absolute_uri(reverse("customer", args=["q", row.token]))
    return {"row": row, "said": said, "link": link, "counted": list(questionnaires.counted(row))}


def in_words(value: Any) -> str:
    """An answer as people say it."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@page(act=WRITE_LEADS)
def answers(request: HttpRequest, answers_id: UUID) -> HttpResponse:
    """A rep writes down or corrects what was answered."""
    reader = _reader(request)
    rows = QuestionnaireAnswers.objects.select_related("version_asked__questionnaire", "lead__contact", "lead__company")
    row: QuestionnaireAnswers = policy.get_visible(rows, reader, pk=answers_id)
    if questionnaires.is_closed(row):
        raise Conflict(_("These questions are closed."), code="closed")
    form = AnswersForm(row.version_asked, request.POST or None, answers=row.answers, by_rep=True)
    if request.method == "POST" and form.is_valid():
        given = form.values()
        done = form.carry_out(lambda: questionnaires.answer(actor=reader, answers_id=answers_id, given=given))
        if done is not None:
            return back_to(request, "records:lead", _("Answers saved."), args=(row.lead_id,))
    return render(request, "leads/doors/answers.html", {"form": form, "row": row}, status=form_status(form))


# --- Mail to the lead address ----------------------------------------------------------------------------------------


@page(act=MANAGE_SALES_SETTINGS)
@require_GET
def mails(request: HttpRequest) -> HttpResponse:
    """What came, newest first, and what became of it: nothing is set aside silently."""
    rows = IncomingMail.objects.visible_to(_reader(request)).select_related("lead").defer("content")
    state = request.GET.get("state", "")
    if state in IncomingMail.State.values:
        rows = rows.filter(state=state)
    facts = {"rows": rows[:MAILS_SHOWN], "state": state, "states": IncomingMail.State.choices}
    return render(request, "leads/doors/mails.html", facts)
