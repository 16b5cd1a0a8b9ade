"""The few pages that belong to no app: the start, the language, too many tries."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as keep_in_cookie

from accounts import limits
from accounts.models import Capability, User
from accounts.policies import VIEW_ME
from accounts.services import people
from crm.core.doors import page
from crm.core.views import errors

# The first that fits is where a person's day begins.
HOMES = (
    (Capability.MANAGES, "managers:home"),
    (Capability.CALLS, "inside:desk"),
    (Capability.VISITS, "field:day"),
    (Capability.ADMINISTERS, "settings:people"),
)


@page(act=VIEW_ME)
def home(request: HttpRequest) -> HttpResponse:
    """Send each person to their workspace."""
    return redirect(home_of(request.user))  # type: ignore[arg-type]


def home_of(person: User) -> str:
    """The name of the page where ``person``'s day begins; somebody without a workspace has their settings."""
    return next((page_name for capability, page_name in HOMES if person.can(capability)), "settings:home")


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Choose a language: in the profile of somebody signed in, and in a cookie, which the sign-in page reads."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        people.change_profile(actor=request.user, changes={"language": language})
    return keep_in_cookie(request)


def too_many_tries(request: HttpRequest) -> HttpResponse:
    """allauth's 429, saying when the door opens again."""
    wait = limits.wait_for(request)
    return errors.too_many(request, until=wait.until if wait else None, seconds=wait.seconds if wait else None)
