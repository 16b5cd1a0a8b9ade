"""The floor: bare Django views that answer the same JSON, without sign-in, policy, serializer or journal."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import path

from accounts.models import Absence, User
from config.urls import handler400, handler403, handler404, handler500  # noqa: F401 (Django looks them up here)
from config.urls import urlpatterns as real
from crm.core import clock
from leads.models import Company, Contact, Email, Lead, Phone, Site

COLUMNS = (
    "id", "email", "name", "team_id", "capabilities", "is_active", "language", "time_zone", "product_skills", "language_skills",
    "home_label", "home_latitude", "home_longitude", "weekly_capacity", "created_at", "updated_at", "version",
)  # fmt: skip
# Lists under measure: name -> the queryset of ``values()`` whose SQL is the floor.
LISTS: dict[str, Callable[[], QuerySet[Any, Any]]] = {}


def people(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"results": list(User.objects.order_by("name", "id").values(*COLUMNS)[:50]), "next": None})


def absence(request: HttpRequest) -> JsonResponse:
    """One INSERT from JSON, one row back: what a write costs before anybody asks who, whether, and what before."""
    body = json.loads(request.body)
    row = Absence.objects.create(user_id=body["user"], starts_at=clock.now(), ends_at=clock.now() + timedelta(hours=1))
    return JsonResponse({"id": row.pk, "starts_at": row.starts_at, "ends_at": row.ends_at}, status=201)


def rows(request: HttpRequest, name: str) -> JsonResponse:
    return JsonResponse({"results": list(LISTS[name]()), "next": None})


def enquiry(request: HttpRequest) -> JsonResponse:
    """The six rows of a new person at a new company: six INSERTs, nothing looked up, nothing derived."""
    said = json.loads(request.body)
    with transaction.atomic():
        company = Company.objects.create(name=said["company_name"], name_key=said["company_name"].lower())
        site = Site.objects.create(
            company=company, is_primary=True, street=said["street"], city=said["city"], country=said["country"]
        )
        contact = Contact.objects.create(company=company, first_name=said["first_name"], last_name=said["last_name"])
        Phone.objects.create(contact=contact, number=said["phone"], is_primary=True)
        Email.objects.create(contact=contact, address=said["email"], key=said["email"], is_primary=True)
        lead = Lead.objects.create(contact=contact, company=company, site=site, notes=said["notes"], channel="api")
    shown = {field.name: getattr(lead, field.attname) for field in Lead._meta.concrete_fields}
    return JsonResponse(shown, status=201)


bare = [
    path("bare/people", people),
    path("bare/absence", absence),
    path("bare/list/<str:name>", rows),
    path("bare/enquiry", enquiry),
]
urlpatterns = [*real, *bare]
NAMES = {str(view.pattern) for view in bare}
