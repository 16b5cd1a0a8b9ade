"""The two doors without a sign-in: a web form, and a questionnaire by its link. Plain pages that need no script.

What they do depends on no session and no cookie, so there is nothing that another site could forge with: they need no
CSRF token, and work in a frame of another site, sandboxed or not. Robots are kept off by a ticket, a trap and limits, and are
not told which of them it was.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt  # house: no way around CSRF (nobody is signed in here, see above)
from django.views.decorators.http import require_http_methods

from crm.core import clock
from crm.core.errors import NotFound
from leads.forms_doors import AnswersForm, EnquiryForm
from leads.models import QuestionnaireAnswers, WebForm
from leads.services import questionnaires, web_forms

LARGEST = 64 * 1024
# Posts in ten minutes: by one address at one door, and at one door by everybody.
WINDOW_SECONDS = 600
OF_ONE_ADDRESS, OF_ALL = 10, 300


@csrf_exempt  # house: no way around CSRF (a customer's page in a frame of another site has no cookie to forge with)
@require_http_methods(["GET", "HEAD", "POST"])
def customer(request: HttpRequest, door: str, token: str) -> HttpResponse:
    """``/f/<token>`` and ``/q/<token>``."""
    answer = web_form(request, token) if door == "f" else questionnaire(request, token)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _refused(request: HttpRequest, token: str) -> HTTPStatus | None:
    """Too large or too often; None for what may come in."""
    if request.method != "POST":
        return None
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return HTTPStatus.TOO_MANY_REQUESTS if settings.RATE_LIMITS_ON and _is_too_often(request, token) else None


def _is_too_often(request: HttpRequest, token: str) -> bool:
    """Counted in Postgres, so that an emptied Redis resets nothing. The address is kept as a digest."""
    address = salted_hmac("leads.door", get_adapter().get_client_ip(request)).hexdigest()[:24]
    window = int(clock.now().timestamp() // WINDOW_SECONDS)
    return any([_count(f"door:{token}:{address}:{window}") > OF_ONE_ADDRESS, _count(f"door:{token}:{window}") > OF_ALL])


def _count(key: str) -> int:
    number = int(cache.get(key, 0)) + 1
    cache.set(key, number, timeout=WINDOW_SECONDS)
    return number


def _page(request: HttpRequest, facts: dict[str, Any], status: int = HTTPStatus.OK) -> HttpResponse:
    return render(request, "leads/doors/customer.html", facts, status=status)


def _said(request: HttpRequest, title: str, text: str, status: int) -> HttpResponse:
    return _page(request, {"title": title, "said": text}, status)


def _answer_refused(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    answer = _said(request, _("One moment"), _("This could not be sent just now. Please try again later."), status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        answer.headers["Retry-After"] = str(WINDOW_SECONDS)
    return answer


# --- Web forms -------------------------------------------------------------------------------------------------------


def web_form(request: HttpRequest, token: str) -> HttpResponse:
    """A form in its own language; only the sites it names may show it in a frame."""
    form = WebForm.objects.select_related("campaign", "product").filter(token=token).first()
    if form is None:
        return _said(request, _("Nothing here"), _("This form does not exist."), HTTPStatus.NOT_FOUND)
    with translation.override(form.language):
        answer = _web_form(request, form)
    if form.origins:
        answer = xframe_options_exempt(lambda _request: answer)(request)
        answer._csp_replace = {"frame-ancestors": ["'self'", *form.origins]}  # type: ignore[attr-defined]
    return answer


def _web_form(request: HttpRequest, form: WebForm) -> HttpResponse:
    if not form.is_active:
        return _said(request, form.title or _("Closed"), _("This form is closed."), HTTPStatus.GONE)
    if "sent" in request.GET and request.method != "POST":
        thanks = form.thanks or _("Thank you. We will be in touch soon.")
        return _said(request, form.title or _("Thank you"), thanks, HTTPStatus.OK)
    refused = _refused(request, form.token)
    if refused:
        return _answer_refused(request, refused)
    if request.method != "POST":
        ticket = web_forms.new_ticket(form, request.GET.get("ref", ""))
        return _show(request, form, EnquiryForm(form, initial={"ticket": ticket}))
    return _take(request, form, EnquiryForm(form, request.POST))


def _take(request: HttpRequest, form: WebForm, sent: EnquiryForm) -> HttpResponse:
    """What was sent becomes a lead, or comes back to be mended; what looks like a robot's comes back without a reason."""
    ticket = web_forms.read_ticket(form, request.POST.get("ticket", ""))
    if not sent.is_valid():
        return _show(request, form, sent, HTTPStatus.UNPROCESSABLE_ENTITY)
    if ticket is None or ticket.is_rash or sent.is_trapped:
        sent.add_error(None, _("Please look at what you entered and send it once more."))
        sent.start_again(web_forms.new_ticket(form) if ticket is None else request.POST["ticket"])
        return _show(request, form, sent, HTTPStatus.UNPROCESSABLE_ENTITY)
    values, consents = sent.values(), sent.consents
    lead = sent.carry_out(lambda: web_forms.submit(form=form, ticket=ticket, values=values, consents=consents))
    if lead is None:
        return _show(request, form, sent, HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect(f"{request.path}?sent=1")


def _show(request: HttpRequest, form: WebForm, enquiry: EnquiryForm, status: int = HTTPStatus.OK) -> HttpResponse:
    facts = {"title": form.title or _("Contact"), "intro": form.intro, "enquiry": enquiry}
    return _page(request, facts, status)


# --- Questionnaires --------------------------------------------------------------------------------------------------


def questionnaire(request: HttpRequest, token: str) -> HttpResponse:
    """The questions of one lead, in the contact's language. Answered, they may be corrected until the lead is decided."""
    try:
        answers = questionnaires.by_token(token)
    except NotFound:
        return _said(request, _("Nothing here"), _("This link does not exist."), HTTPStatus.NOT_FOUND)
    with translation.override(_language_of(answers, request)):
        return _questionnaire(request, answers)


def _language_of(answers: QuestionnaireAnswers, request: HttpRequest) -> str:
    contact = answers.lead.contact
    spoken = (contact.language if contact else "")[:2]
    return spoken if spoken in dict(settings.LANGUAGES) else translation.get_language_from_request(request)


def _questionnaire(request: HttpRequest, answers: QuestionnaireAnswers) -> HttpResponse:
    title = answers.version_asked.questionnaire.name
    if questionnaires.is_closed(answers):
        return _said(request, title, _("These questions are closed."), HTTPStatus.GONE)
    if "sent" in request.GET and request.method != "POST":
        return _page(request, {"title": title, "said": _("Thank you for your answers."), "again": request.path})
    refused = _refused(request, answers.token)
    if refused:
        return _answer_refused(request, refused)
    form = AnswersForm(answers.version_asked, request.POST or None, answers=answers.answers)
    if request.method == "POST" and form.is_valid():
        given = form.values()
        done = form.carry_out(lambda: questionnaires.answer(actor=None, answers_id=answers.pk, given=given))
        if done is not None:
            return redirect(f"{request.path}?sent=1")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return _page(request, {"title": title, "answers": form, "was_answered": answers.answered_at}, status)
