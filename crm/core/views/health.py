"""``/healthz``: this process answers. ``/readyz``: every part it needs does."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crm.core import health


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    parts = health.readiness()
    ready = all(part.ok for part in parts.values())
    body = {name: {"ok": part.ok, **part.detail} for name, part in parts.items()}
    return JsonResponse({"ready": ready, "parts": body}, status=200 if ready else 503)
