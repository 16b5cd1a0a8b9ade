"""Where one is signed in, and signing out there."""

from __future__ import annotations

from allauth.account.internal.flows.logout import logout
from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import devices
from accounts.policies import CHANGE_ME, VIEW_ME
from accounts.views.answers import back_to
from crm.core.doors import page
from crm.core.errors import NotFound


@page(act=VIEW_ME)
def sessions(request: HttpRequest) -> HttpResponse:
    """Every session of one's own: device, address, since when, last seen."""
    open_ones = UserSession.objects.purge_and_list(request.user)
    open_ones.sort(key=lambda row: (row.is_current(), row.last_seen_at), reverse=True)
    rows = [
        {"session": row, "device": devices.name_of(row.user_agent), "is_phone": devices.is_phone(row.user_agent)}
        for row in open_ones
    ]
    return render(request, "accounts/sessions.html", {"rows": rows})


@page(act=CHANGE_ME)
@require_POST
def end_one(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of one's own sessions, on the server and at once."""
    session = UserSession.objects.filter(user_id=request.user.pk, pk=session_id).first()
    if session is None:
        raise NotFound
    end_sessions(request, [session])
    return back_to(request, "settings:sessions", _("Signed out there."))


@page(act=CHANGE_ME)
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End all sessions but this one."""
    rows = [row for row in UserSession.objects.filter(user_id=request.user.pk) if not row.is_current()]
    end_sessions(request, rows)
    return back_to(request, "settings:sessions", _("Signed out everywhere else."))


@page(act=CHANGE_ME)
@require_POST
def end_all(request: HttpRequest) -> HttpResponse:
    """End all sessions, this one too."""
    end_sessions(request, UserSession.objects.filter(user_id=request.user.pk))
    logout(request, show_message=False)
    return redirect("account_login")
