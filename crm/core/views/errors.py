"""Refusals as pages. A service says why it refuses; here that becomes a status, and a page or a sentence for htmx.

The templates stand alone (no session, no database), so that they can also be drawn while something is broken.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme

from crm.core import errors

Handler = Callable[[HttpRequest], HttpResponse]

STATUS: dict[type[errors.Refusal], HTTPStatus] = {
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Conflict: HTTPStatus.CONFLICT,
}
# Drawn for a status that has no page of its own.
PAGES = {HTTPStatus.NOT_FOUND: "404.html", HTTPStatus.FORBIDDEN: "403.html"}

# What a refused form held is given back to copy, but never these, and nothing that nobody typed.
SECRETS = ("password", "code", "credential", "secret", "token")
NOT_TYPED = frozenset({"id", "language", "next", "version"})
LONGEST_KEPT = 20_000


class RefusalPages:
    """Middleware: a ``Refusal`` that a page lets through becomes its page, or for htmx its sentence in a message."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusal_page(request, exception) if isinstance(exception, errors.Refusal) else None


def status_of(refusal: errors.Refusal) -> HTTPStatus:
    """The nearest known class's status: a ``VersionConflict`` is a ``Conflict``."""
    return next((STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS), HTTPStatus.CONFLICT)


def refusal_page(request: HttpRequest, refusal: errors.Refusal) -> HttpResponse:
    """The page of a refusal. To htmx: the status and the sentence, which the script shows; nothing is swapped."""
    status = status_of(refusal)
    if getattr(request, "htmx", False):
        answer = HttpResponse(status=status)
        # The refusal's own words; absent and forbidden keep the general ones, which give nothing away.
        if status not in PAGES:
            answer.headers["X-Refusal"] = json.dumps(str(refusal.detail))
        return answer
    facts = {"detail": refusal.detail, "status": int(status), "back": page_of(request)}
    return render(request, PAGES.get(status, "refused.html"), facts, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "400.html", status=HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", status=HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=HTTPStatus.NOT_FOUND)


def broken(request: HttpRequest) -> HttpResponse:
    """Rendered without the request: what broke may be the database, which the shell would ask for the person."""
    text = render_to_string("500.html", {"request_id": getattr(request, "request_id", "")})
    return HttpResponse(text, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def too_many(request: HttpRequest, *, until: datetime | None = None, seconds: int | None = None) -> HttpResponse:
    """429, saying from when on it is worth trying again."""
    answer = render(request, "429.html", {"until": until}, status=HTTPStatus.TOO_MANY_REQUESTS)
    if seconds is not None:
        answer.headers["Retry-After"] = str(seconds)
    return answer


# --- A form whose token no longer fits ---------------------------------------------------------------------------------


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page of a forged or too old form: says what to do and gives back what was typed, passwords left out."""
    facts = {"typed": typed(request.POST), "back": page_of(request)}
    return render(request, "403_csrf.html", facts, status=HTTPStatus.FORBIDDEN)


def typed(form: QueryDict) -> list[tuple[str, str]]:
    """``(name, text)`` of the fields that hold something a person may want back."""
    texts = {name: "\n".join(form.getlist(name)) for name in form if name not in NOT_TYPED and not _is_secret(name)}
    return [(name.replace("_", " ").capitalize(), text[:LONGEST_KEPT]) for name, text in texts.items() if text.strip()]


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRETS)


def page_of(request: HttpRequest) -> str:
    """The page the form stood on, if it was one of ours; else the start page."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(referer)
    return parts.path + (f"?{parts.query}" if parts.query else "")
