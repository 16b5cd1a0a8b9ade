"""The bell and the page behind it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts import notices, selectors
from accounts.models import Notice, User
from accounts.policies import VIEW_NOTICES, WRITE_NOTICES
from accounts.services import notices as services
from accounts.views.answers import poll
from crm.core.doors import page

SHOWN_BY_BELL = 8
SHOWN_BY_PAGE = 100


@page(act=VIEW_NOTICES)
@require_GET
def news(request: HttpRequest) -> HttpResponse:
    """What the bell asks for: with ``?count`` the number of unread ones as plain text, else the newest as list items."""
    reader: User = request.user  # type: ignore[assignment]
    if "count" in request.GET:
        return HttpResponse(selectors.unread_count(reader) or "", content_type="text/plain; charset=utf-8")
    return render(request, "accounts/news.html", {"news": _shown(reader, SHOWN_BY_BELL)})


@page(act=VIEW_NOTICES)
@require_GET
def all_notices(request: HttpRequest) -> HttpResponse:
    """The newest notices; older ones are of no use any more."""
    return _list(request)


@page(act=WRITE_NOTICES)
@require_POST
def read(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    services.mark_read(actor=request.user, notice_id=notice_id)  # type: ignore[arg-type]
    return _list_again(request)


@page(act=WRITE_NOTICES)
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    services.mark_all_read(actor=request.user)  # type: ignore[arg-type]
    return _list_again(request)


def _list_again(request: HttpRequest) -> HttpResponse:
    """To htmx the changed page, and the bell counts again; else back to the page."""
    if request.htmx:  # type: ignore[attr-defined]
        return poll(_list(request))
    return redirect("settings:notices")


def _list(request: HttpRequest) -> HttpResponse:
    reader: User = request.user  # type: ignore[assignment]
    return render(request, "accounts/notices.html", {"news": _shown(reader, SHOWN_BY_PAGE)})


def _shown(reader: User, limit: int) -> list[dict[str, Any]]:
    return [_item(notice) for notice in selectors.notices(reader, limit=limit)]


def _item(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.pk,
        "text": notices.text_of(notice),
        "url": notices.url_of(notice) or reverse("settings:notices"),
        "icon": notices.icon_of(notice),
        "at": notice.created_at,
        "is_new": notice.read_at is None,
    }
