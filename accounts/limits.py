"""When a limit on sign-in tries lets somebody in again. allauth counts (in Postgres, the default cache); we only read."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

from crm.core import clock

APP = "allauth.account"
# The page -> allauth's name for what it limits.
ACTIONS = {
    "account_login": "login",
    "account_reset_password": "reset_password",
    "account_reset_password_from_key": "reset_password_from_key",
    "account_reauthenticate": "reauthenticate",
    "mfa_reauthenticate": "reauthenticate",
    "mfa_reauthenticate_webauthn": "reauthenticate",
    "account_change_password": "change_password",
    "account_set_password": "change_password",
}


@dataclass(frozen=True, slots=True)
class Wait:
    """How long until the next try counts."""

    seconds: int

    @property
    def until(self) -> datetime:
        return clock.now() + timedelta(seconds=self.seconds)

    @property
    def minutes(self) -> int:
        """Whole minutes, never none: "in 1 minute" is never too early."""
        return max(1, math.ceil(self.seconds / 60))


def wait_for(request: HttpRequest) -> Wait | None:
    """The wait of the page that was asked for; None when it has no limit or the limit is not reached."""
    match = request.resolver_match
    action = ACTIONS.get(match.url_name or "") if match else None
    if action is None:
        return None
    return wait_of(request, action, key=request.POST.get("email", "").lower())


def wait_of_sign_in(request: HttpRequest, email: str) -> Wait | None:
    """The wait after too many wrong passwords for ``email``, which need not exist."""
    return wait_of(request, "login_failed", key=_sign_in_key(request, email))


def tries_left(request: HttpRequest, email: str) -> int | None:
    """Wrong passwords that ``email`` still has; the same for addresses that do not exist. None: no limit is set."""
    uses = _uses(request, "login_failed", key=_sign_in_key(request, email))
    return min((max(0, most - len(history)) for most, _seconds, history in uses), default=None)


def wait_of(request: HttpRequest, action: str, *, key: str) -> Wait | None:
    """The longest of the waits that ``action``'s limits impose now."""
    now = time.time()
    ends = [
        history[most - 1] + seconds  # newest first: the try that must grow old before another one fits
        for most, seconds, history in _uses(request, action, key=key)
        if len(history) >= most
    ]
    return Wait(math.ceil(max(ends) - now)) if ends else None


def _uses(request: HttpRequest, action: str, *, key: str) -> list[tuple[int, float, list[float]]]:
    """``(most, per seconds, times of the tries that still count, newest first)`` for each limit of ``action``."""
    now = time.time()
    found = []
    for rate in ratelimit.get_rates(app=APP, action=action):
        if rate.per == "user" and not request.user.is_authenticated:
            continue
        name = ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key)
        history = [moment for moment in cache.get(name, []) if moment > now - rate.duration]
        found.append((rate.amount, rate.duration, history))
    return found


def _sign_in_key(request: HttpRequest, email: str) -> str:
    name: str = get_adapter(request)._get_login_attempts_cache_key(request, email=email)
    return name
