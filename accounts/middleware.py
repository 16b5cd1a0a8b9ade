"""Each request in the reader's language and zone, and past the second factor where it is demanded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from allauth.account.adapter import get_adapter
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import clock

Handler = Callable[[HttpRequest], HttpResponse]
SEEN_AT, BEGAN_AT = "seen_at", "began_at"
# Where somebody who must set up a second factor may still go. (The API asks by itself and answers 403.)
SETTING_UP = ("/accounts/", "/static/", "/i18n/", "/healthz", "/readyz", "/api/")


class PersonZone:
    """A person signed in reads in the language and zone of their profile (strangers: cookie, then browser, by Django)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = request.user.language
        with timezone.override(ZoneInfo(request.user.time_zone)):
            return self.get_response(request)


class SecondFactorRequired:
    """Whoever holds a capability of ``SECOND_FACTOR_REQUIRED`` sets up a second factor before anything else."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(SETTING_UP) or not lacks_second_factor(request.user):
            return self.get_response(request)
        messages.info(request, _("Your rights ask for a second factor. Set one up to go on."))
        return redirect("mfa_index")


def lacks_second_factor(user: User | AnonymousUser) -> bool:
    """Whether ``user`` holds a right that demands a second factor, and has none yet."""
    demanded = settings.SECOND_FACTOR_REQUIRED
    if not demanded or not user.is_authenticated or demanded.isdisjoint(user.capabilities):
        return False
    return not is_mfa_enabled(user)


class SessionInUse:
    """Keeps a session alive while it is used: eight idle hours end it (P31), and the list of sessions says when it was seen.

    However much it is used, ``LONGEST`` after its sign-in it is over. Written once a minute at most, and the session
    itself says when that was: allauth's own middleware writes a row on each.
    """

    EVERY = timedelta(minutes=1)
    LONGEST = timedelta(days=30)

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and request.session.session_key:
            if self._is_over(request):
                logout(request)
            else:
                self._note(request)
        return self.get_response(request)

    def _is_over(self, request: HttpRequest) -> bool:
        now = clock.now().timestamp()
        return bool(now - request.session.get(BEGAN_AT, now) > self.LONGEST.total_seconds())

    def _note(self, request: HttpRequest) -> None:
        now, session = clock.now(), request.session
        if now.timestamp() - session.get(SEEN_AT, 0.0) < self.EVERY.total_seconds():
            return
        adapter, rows = get_adapter(request), UserSession.objects.filter(session_key=session.session_key)
        agent = adapter.get_http_user_agent(request)[: UserSession._meta.get_field("user_agent").max_length]
        stale = rows.filter(last_seen_at__lt=now - self.EVERY)
        seen = now
        if not stale.update(last_seen_at=now, ip=adapter.get_client_ip(request), user_agent=agent):
            seen = rows.values_list("last_seen_at", flat=True).first() or now  # signed in less than a minute ago
        session.setdefault(BEGAN_AT, now.timestamp())
        session[SEEN_AT] = seen.timestamp()  # kept anew, and so its whole time again
