"""What every request passes: its id, the sign-in wall, whole-page sign-in for partial requests, private pages."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from typing_extensions import override

from crm.core import context, doors, ids

log = structlog.get_logger("tandem.request")
Handler = Callable[[HttpRequest], HttpResponse]
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
QUIET_PATHS = ("/static/", "/healthz", "/readyz")


class RequestId:
    """Gives the request an id (or keeps a caller's decent one), logs it once with status and time, returns it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-ID", "")
        identifier = offered if ACCEPTABLE_ID.fullmatch(offered) else str(ids.uuid7())
        started = time.perf_counter()
        with context.acting(through="page", request=identifier):
            request.request_id = identifier  # type: ignore[attr-defined]
            response = self.get_response(request)
            response.headers["X-Request-ID"] = identifier
            if not request.path.startswith(QUIET_PATHS):
                log.info(
                    "request",
                    method=request.method,
                    path=request.path,
                    status=response.status_code,
                    milliseconds=round((time.perf_counter() - started) * 1_000, 1),
                )
        return response


class LoginRequired(LoginRequiredMiddleware):
    """Django's wall, except for the doors that ``config/doors.py`` lists as anonymous."""

    @override
    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if match and doors.is_anonymous(match.route):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class WholePageSignIn:
    """A partial (htmx) request whose session expired sends the whole page to sign-in, and back afterwards."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not getattr(request, "htmx", False) or response.status_code not in {301, 302, 303}:
            return response
        location = response.headers.get("Location", "")
        sign_in = resolve_url(settings.LOGIN_URL)
        if not location.startswith(sign_in):
            return response
        page = request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]
        answer = HttpResponse(status=204)
        answer.headers["HX-Redirect"] = f"{sign_in}?{urlencode({'next': page})}"
        return answer


class PrivatePages:
    """Pages behind the wall are never kept by a cache on the way; htmx fragments and pages are told apart."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(self), microphone=(), geolocation=(self), payment=()"
        )
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response
