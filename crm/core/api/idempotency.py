"""Idempotency-Key: a write may be repeated until its answer arrives, and takes effect once (P12, D17).

The key's row is inserted in the transaction of the effect, so the two stand or fall together, whatever dies in between.
A twin waits on the unique index until the first one ends: then it replays the stored answer, or, after two seconds, is told
to ask again. What was refused before anything ran (rights, limits, malformed or invalid input) is not kept, nor is a 5xx;
a refusal by the act itself is, with its effect rolled back to the savepoint before it. The table is in Postgres: flushing
Redis forgets nothing. ``crm.core.jobs.ForgetIdempotency`` removes rows after seven days.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from crm.core import clock, errors
from crm.core.api.problems import IDEMPOTENCY_MISMATCH, IDEMPOTENCY_RUNNING, ApiRefusal, Problem, bad_header
from crm.core.jobs import IDEMPOTENCY_DAYS
from crm.core.models import IdempotencyRecord

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
WAIT_SECONDS = 2
KEPT_HEADERS = ("Content-Type", "ETag", "Location")
_USABLE_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_TABLE = IdempotencyRecord._meta.db_table
_LOCK_NOT_AVAILABLE = "55P03"
# Serialization failure and deadlock: Postgres chose a victim; with a key the whole request may simply run again.
_VICTIM = {"40001", "40P01"}
_TRIES = 3

Run = Callable[[], HttpResponse]


class View(Protocol):
    """What is asked of the view whose write runs once."""

    request: Request
    # Names in the answer that are shown once and never stored.
    once_only: frozenset[str]

    def handle_exception(self, exc: Exception) -> HttpResponse: ...


def once(view: View, run: Run) -> HttpResponse:
    """Answer the view's request by ``run``, at most once per caller and key. Without a key it simply runs."""
    key = view.request.headers.get(HEADER)
    if key is None or view.request.method in SAFE_METHODS:
        return run()
    if not _USABLE_KEY.fullmatch(key):
        raise bad_header(HEADER, _("1 to 255 visible ASCII characters."))
    for left in reversed(range(_TRIES)):
        try:
            return _once(view, key, run)
        except OperationalError as error:
            if not left or _state(error) not in _VICTIM:
                raise
    raise AssertionError("unreachable")


def _once(view: View, key: str, run: Run) -> HttpResponse:
    caller: Any = view.request.user.pk
    request = view.request
    with transaction.atomic():
        if not _claim(caller, key, request):
            return _replay(IdempotencyRecord.objects.get(caller_id=caller, key=key), request)
        response = _carry_out(view, run)
        _store(caller, key, response, view.once_only)
    return response


def _carry_out(view: View, run: Run) -> HttpResponse:
    """The answer to keep. What is not to be kept leaves as an exception and takes the claim with it."""
    try:
        with transaction.atomic():
            return run()
    except Exception as fault:
        if not is_outcome(fault):
            raise
        return view.handle_exception(fault)


def is_outcome(fault: Exception) -> bool:
    """Whether the act itself refused, so that a repeat must hear the same: stable, unlike rights, limits and input checks."""
    return isinstance(fault, errors.Refusal | IntegrityError) and not isinstance(fault, errors.Forbidden)


# --- The row ---------------------------------------------------------------------------------------------------------------

# An expired row that the sweep has not reached yet is taken over, as if it were gone.
_CLAIM = f"""
INSERT INTO {_TABLE} (caller_id, key, method, path, body_digest, status, answer, headers, created_at)
VALUES (%(caller)s, %(key)s, %(method)s, %(path)s, %(digest)s, 0, '', '{{}}', %(now)s)
ON CONFLICT (caller_id, key) DO UPDATE
SET method = excluded.method, path = excluded.path, body_digest = excluded.body_digest, created_at = excluded.created_at
WHERE {_TABLE}.created_at < %(expired)s
RETURNING id
"""  # noqa: S608 (only the table's own name is put in)


def _claim(caller: UUID, key: str, request: Request) -> bool:
    """Insert the row of this key; False when a finished request holds it. Waits for a running twin, then ``409``."""
    now = clock.now()
    values: dict[str, Any] = {
        "caller": caller,
        "key": key,
        "method": request.method,
        "path": request.path[:500],
        "digest": _digest(request),
        "now": now,
        "expired": now - timedelta(days=IDEMPOTENCY_DAYS),
    }
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
        try:
            cursor.execute(_CLAIM, values)
        except OperationalError as error:
            if _state(error) != _LOCK_NOT_AVAILABLE:
                raise
            raise _running() from error
        claimed = cursor.fetchone() is not None
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    return claimed


def _digest(request: Request) -> str:
    """What makes two requests the same: address, precondition and the very bytes of the body."""
    parts = (request.get_full_path().encode(), request.headers.get("If-Match", "*").encode(), request._request.body)
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()


def _store(caller: UUID, key: str, response: HttpResponse, once_only: frozenset[str]) -> None:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    IdempotencyRecord.objects.filter(caller_id=caller, key=key).update(
        status=response.status_code, answer=_without(response.content, once_only), headers=headers
    )


def _without(content: bytes, names: frozenset[str]) -> bytes:
    """A secret shown once is not kept: the replay says null."""
    if not names or not content:
        return content
    answer: dict[str, Any] = json.loads(content)
    return json.dumps(
        answer | {name: None for name in names if name in answer}, ensure_ascii=False, separators=(",", ":")
    ).encode()


def _replay(record: IdempotencyRecord, request: Request) -> HttpResponse:
    if (record.method, record.path, record.body_digest) != (request.method, request.path[:500], _digest(request)):
        raise ApiRefusal(Problem(IDEMPOTENCY_MISMATCH, _("Use a new key for a new request.")))
    response = HttpResponse(bytes(record.answer), status=record.status, headers=record.headers)
    response.headers[REPLAYED] = "true"
    return response


def _running() -> ApiRefusal:
    return ApiRefusal(
        Problem(IDEMPOTENCY_RUNNING, _("Ask again with the same key in a moment."), headers={"Retry-After": "1"})
    )


def _state(error: OperationalError) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""
