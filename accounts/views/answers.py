"""What the pages of this app answer with."""

from __future__ import annotations

from http import HTTPStatus

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from crm.core import toasts


def form_status(form: BaseForm) -> int:
    """422 for a form that came back with errors (htmx swaps it in all the same), else 200."""
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK


def back_to(
    request: HttpRequest, page_name: str, text: str, *, undo: str = "", args: tuple[object, ...] = ()
) -> HttpResponse:
    """To a page, which shows ``text``. For htmx (an undo from a message) the page that is open, drawn afresh."""
    toasts.show_next(request, text, undo=undo)
    return HttpResponseClientRefresh() if request.htmx else redirect(page_name, *args)  # type: ignore[attr-defined]


def poll(answer: HttpResponse) -> HttpResponse:
    """Let the bell count again."""
    return trigger_client_event(answer, "tandem:poll")
