"""RFC 9457 problem documents: the one shape of every error under ``/api/``.

``type`` and ``title`` say which kind of problem it is (the closed list ``KINDS``, documented in ``docs/api-problems.md``);
``code`` is the most specific stable word for it; ``errors`` names each input at fault by JSON pointer, query parameter or
header. Nothing in a problem tells paths, queries, classes or secrets, and no input is answered with a 5xx.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import Any

from django.core import exceptions as django_errors
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions as rest_errors
from rest_framework import status as http

from crm.core import context, errors
from crm.core.errors import Text

CONTENT_TYPE = "application/problem+json"
API_PATH = "/api/"
# A hostile body can be wrong in thousands of places; the reader needs the first ones.
MOST_FAULTS = 50
LONGEST_POINTER = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem. ``name`` ends its ``type``; ``title`` is for people, ``meaning`` for the documentation (English)."""

    name: str
    status: int
    title: Text
    meaning: str

    @property
    def type(self) -> str:
        return f"/problems/{self.name}"


BAD_REQUEST = Kind(
    "bad_request", 400, _("The request cannot be read"), "The request breaks the rules of HTTP or was cut off."
)
BAD_BODY = Kind(
    "bad_body",
    400,
    _("The body cannot be read"),
    "The body is no strict JSON: syntax, encoding, a NUL, a repeated key, nesting too deep.",
)
BAD_PARAMETER = Kind(
    "bad_parameter",
    400,
    _("A query parameter does not fit"),
    "`errors` names each parameter: unknown, repeated, or with a wrong value.",
)
BAD_HEADER = Kind("bad_header", 400, _("A header does not fit"), "`Idempotency-Key` or `If-Match` is malformed.")
NOT_AUTHENTICATED = Kind(
    "not_authenticated",
    401,
    _("Sign in first"),
    "No key and no session, or a key that is unknown, expired, revoked or whose owner left.",
)
FORBIDDEN = Kind("forbidden", 403, _("You may not do this"), "The record is visible, but this act is not the caller's.")
MISSING_SCOPE = Kind(
    "missing_scope",
    403,
    _("The key lacks a scope"),
    "The person may do this, but this key may not; `scope` names what it lacks.",
)
NOT_FOUND = Kind(
    "not_found", 404, _("There is no such record"), "Absent, or outside what the caller sees: the two look the same."
)
METHOD_NOT_ALLOWED = Kind("method_not_allowed", 405, _("This method is not offered here"), "`Allow` lists what is.")
NOT_ACCEPTABLE = Kind(
    "not_acceptable", 406, _("No such format is offered"), "`Accept` asks for something else than JSON."
)
CONFLICT = Kind(
    "conflict",
    409,
    _("The present state does not allow this"),
    "Taken, in use, already done; `code` says which. Reading again may help.",
)
VERSION_CONFLICT = Kind(
    "version_conflict",
    409,
    _("Somebody else changed this record"),
    "Status 412 when `If-Match` was sent, else 409. `current_version` is the version now stored; nothing was written.",
)
IDEMPOTENCY_RUNNING = Kind(
    "idempotency_running",
    409,
    _("The same request is still running"),
    "Ask again with the same key after `Retry-After` seconds.",
)
TOO_LARGE = Kind("too_large", 413, _("The body is too large"), "More bytes than the operation takes.")
UNSUPPORTED_MEDIA_TYPE = Kind(
    "unsupported_media_type", 415, _("This media type is not taken"), "Send `application/json`."
)
INVALID = Kind(
    "invalid",
    422,
    _("The input does not fit"),
    "The body was read but breaks a rule; `errors` says where and which. Correct it and send again.",
)
IDEMPOTENCY_MISMATCH = Kind(
    "idempotency_mismatch",
    422,
    _("This idempotency key belongs to another request"),
    "The same `Idempotency-Key` was used with another method, path, body or `If-Match`. Use a new key for a new request.",
)
TOO_MANY_REQUESTS = Kind(
    "too_many_requests", 429, _("Too many requests"), "Wait `Retry-After` seconds; `RateLimit` says where you stand."
)
INTERNAL = Kind(
    "internal", 500, _("Something went wrong here"), "A fault of ours. Tell us the request id in `instance`."
)
UNAVAILABLE = Kind(
    "unavailable",
    503,
    _("Not possible at this moment"),
    "The database is busy or restarting. Whether a write took effect is unknown; repeat it with its `Idempotency-Key`.",
)

KINDS: tuple[Kind, ...] = tuple(
    sorted((value for value in list(globals().values()) if isinstance(value, Kind)), key=lambda kind: kind.name)
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One input at fault: ``where`` is ``pointer`` (RFC 6901, into the body), ``parameter`` (query) or ``header``."""

    at: str
    code: str
    detail: Text
    where: str = "pointer"

    def as_json(self) -> dict[str, str]:
        return {self.where: self.at[:LONGEST_POINTER], "code": self.code, "detail": str(self.detail)}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem about to be answered. ``code`` and ``status`` default to the kind's."""

    kind: Kind
    detail: Text = ""
    code: str = ""
    faults: tuple[Fault, ...] = ()
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The document; ``instance`` carries the request id, which the logs know too."""
        return {
            "type": self.kind.type,
            "title": str(self.kind.title),
            "status": self.status or self.kind.status,
            "detail": str(self.detail or self.kind.title),
            "instance": f"urn:tandem:request:{context.request_id.get()}",
            "code": self.code or self.kind.name,
            "errors": [fault.as_json() for fault in self.faults[:MOST_FAULTS]],
            **self.extra,
        }

    def response(self) -> HttpResponse:
        content = json.dumps(self.as_json(), ensure_ascii=False, separators=(",", ":"))
        return HttpResponse(
            content.encode("utf-8", "replace"),
            status=self.status or self.kind.status,
            content_type=CONTENT_TYPE,
            headers=dict(self.headers),
        )


# --- Refusals that only the API knows ----------------------------------------------------------------------------------


class ApiRefusal(rest_errors.APIException):
    """Raised by the frame before or around the act; carries its problem whole."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.status_code = problem.status or problem.kind.status
        super().__init__(str(problem.detail), problem.code or problem.kind.name)


def bad_parameter(name: str, code: str, detail: Text) -> ApiRefusal:
    return ApiRefusal(Problem(BAD_PARAMETER, detail, code, (Fault(name, code, detail, "parameter"),)))


def bad_header(name: str, detail: Text) -> ApiRefusal:
    return ApiRefusal(Problem(BAD_HEADER, detail, "bad_header", (Fault(name, "bad_header", detail, "header"),)))


def bad_body(code: str, detail: Text) -> ApiRefusal:
    return ApiRefusal(Problem(BAD_BODY, detail, code))


# --- From exception to problem -------------------------------------------------------------------------------------------


@singledispatch
def describe(fault: BaseException) -> Problem | None:
    """The problem that answers ``fault``; None for what nobody foresaw, which is a 500 and a line in the log.

    Another app teaches the API a new exception by ``@describe.register``.
    """
    return None


@describe.register
def _api(fault: ApiRefusal) -> Problem:
    return fault.problem


@describe.register
def _refusal(fault: errors.Refusal) -> Problem:
    return _of_refusal(CONFLICT, fault)


@describe.register
def _not_found(fault: errors.NotFound) -> Problem:
    return _of_refusal(NOT_FOUND, fault)


@describe.register
def _forbidden(fault: errors.Forbidden) -> Problem:
    return _of_refusal(FORBIDDEN, fault)


@describe.register
def _invalid(fault: errors.Invalid) -> Problem:
    return _of_refusal(INVALID, fault)


@describe.register
def _version(fault: errors.VersionConflict) -> Problem:
    return Problem(VERSION_CONFLICT, fault.detail, extra={"current_version": fault.current})


def _of_refusal(kind: Kind, fault: errors.Refusal) -> Problem:
    code = fault.specific_code
    faults = (Fault(_path(fault.field), code, fault.detail),) if fault.field else ()
    return Problem(kind, fault.detail, code, faults)


@describe.register
def _validation(fault: rest_errors.ValidationError) -> Problem:
    faults = tuple(_flatten(fault.detail, ""))
    codes = {item.code for item in faults}
    detail = faults[0].detail if len(faults) == 1 else _("Several values do not fit; `errors` names them.")
    return Problem(INVALID, detail, codes.pop() if len(codes) == 1 else "invalid", faults)


@describe.register
def _model_validation(fault: django_errors.ValidationError) -> Problem:
    return Problem(INVALID, " ".join(fault.messages))


@describe.register
def _unauthenticated(fault: rest_errors.NotAuthenticated) -> Problem:
    return Problem(
        NOT_AUTHENTICATED, _("Send an API key as “Authorization: Bearer …”, or sign in."), headers=_challenge(fault)
    )


@describe.register
def _authentication_failed(fault: rest_errors.AuthenticationFailed) -> Problem:
    return Problem(NOT_AUTHENTICATED, str(fault.detail), "invalid_key", headers=_challenge(fault))


def _challenge(fault: rest_errors.APIException) -> dict[str, str]:
    return {"WWW-Authenticate": getattr(fault, "auth_header", "Bearer")}


@describe.register(rest_errors.PermissionDenied)
@describe.register(django_errors.PermissionDenied)
def _denied(fault: Exception) -> Problem:
    return Problem(FORBIDDEN)


@describe.register(rest_errors.NotFound)
@describe.register(Http404)
def _missing(fault: Exception) -> Problem:
    return Problem(NOT_FOUND, errors.NotFound.detail)


@describe.register
def _method(fault: rest_errors.MethodNotAllowed) -> Problem:
    return Problem(METHOD_NOT_ALLOWED)


@describe.register
def _format(fault: rest_errors.NotAcceptable) -> Problem:
    return Problem(NOT_ACCEPTABLE)


@describe.register
def _media_type(fault: rest_errors.UnsupportedMediaType) -> Problem:
    return Problem(UNSUPPORTED_MEDIA_TYPE, _("Send application/json."))


@describe.register
def _throttled(fault: rest_errors.Throttled) -> Problem:
    seconds = max(1, int(getattr(fault, "wait", None) or 1))
    return Problem(TOO_MANY_REQUESTS, _("Wait a moment and try again."), headers={"Retry-After": str(seconds)})


@describe.register(rest_errors.ParseError)
@describe.register(django_errors.SuspiciousOperation)
@describe.register(django_errors.BadRequest)
@describe.register(UnreadablePostError)
def _unreadable(fault: Exception) -> Problem:
    return Problem(BAD_REQUEST)


@describe.register
def _oversized(fault: django_errors.RequestDataTooBig) -> Problem:
    return Problem(TOO_LARGE)


# --- From the database's refusal to ours. The text of the database never leaves: it names tables, columns and values. ------


@describe.register
def _integrity(fault: IntegrityError) -> Problem:
    match _state(fault):
        case "23514" | "23502":  # check, not null
            return Problem(INVALID, errors.Invalid.detail)
        case "23505":  # unique: generic on purpose, the twin may be a record the caller does not see
            return Problem(CONFLICT, _("Something with these values exists already."), "already_exists")
        case _:  # foreign key, exclusion
            return Problem(CONFLICT, errors.Conflict.detail)


@describe.register(ProtectedError)
@describe.register(RestrictedError)
def _in_use(fault: Exception) -> Problem:
    return Problem(CONFLICT, _("Other records still depend on it."), "in_use")


@describe.register
def _data(fault: DataError) -> Problem:
    return Problem(INVALID, errors.Invalid.detail)


@describe.register
def _operational(fault: OperationalError) -> Problem:
    if _state(fault).startswith("54"):  # "program limit exceeded": a value too long for an index
        return Problem(INVALID, errors.Invalid.detail)
    return _UNAVAILABLE


@describe.register
def _interface(fault: InterfaceError) -> Problem:
    return _UNAVAILABLE


_UNAVAILABLE = Problem(UNAVAILABLE, _("Try again in a moment."), headers={"Retry-After": "2"})


def _state(fault: Exception) -> str:
    """The SQLSTATE behind Django's exception; empty when the server never answered."""
    return getattr(fault.__cause__, "sqlstate", None) or ""


# --- Pointers --------------------------------------------------------------------------------------------------------------


def _flatten(detail: Any, place: str) -> Iterator[Fault]:
    """DRF's nested error detail as flat faults."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _flatten(inner, place if name == "non_field_errors" else place + _pointer(str(name)))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flatten(inner, place)
    else:
        yield Fault(place, str(getattr(detail, "code", "invalid")), str(detail))


def _path(field: str) -> str:
    """The pointer to what a service names by dots: ``lines.0.product`` is ``/lines/0/product``."""
    return "".join(_pointer(part) for part in field.split("."))


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


# --- Hooks -----------------------------------------------------------------------------------------------------------------


def problem_response(fault: Exception, view_context: Mapping[str, Any]) -> HttpResponse | None:
    """DRF's ``EXCEPTION_HANDLER``. None lets an unforeseen exception through to Django, which logs it and asks ``handler500``."""
    problem = describe(fault)
    if problem is None:
        return None
    if isinstance(fault, errors.VersionConflict) and "If-Match" in view_context["request"].headers:
        problem = replace(problem, status=http.HTTP_412_PRECONDITION_FAILED)
    return problem.response()


ErrorPage = Callable[..., HttpResponse]
_BY_STATUS = {400: BAD_REQUEST, 403: FORBIDDEN, 404: NOT_FOUND, 500: INTERNAL}


def or_problem(status: int, page: ErrorPage) -> ErrorPage:
    """Wrap an error page of Django's (``handler404`` …): under ``/api/`` the same error is a problem document."""

    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.path.startswith(API_PATH):
            return page(request, *args, **kwargs)
        # Django calls handler500 inside its `except`: a database that went away before the view is 503, not 500.
        foreseen = describe(fault) if (fault := sys.exc_info()[1]) is not None else None
        return (foreseen or Problem(_BY_STATUS[status])).response()

    return answer
