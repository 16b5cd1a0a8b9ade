"""One's own profile."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.forms.people import CAPABILITY_WORDS, ProfileForm
from accounts.models import User
from accounts.policies import CHANGE_ME, VIEW_ME
from accounts.services import people
from accounts.views.answers import form_status
from crm.core import policy, toasts
from crm.core.doors import page


@page(act=VIEW_ME)
def home(request: HttpRequest) -> HttpResponse:
    return redirect("settings:profile")


@page(act=VIEW_ME)
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language, zone, home base, skills."""
    person: User = request.user  # type: ignore[assignment]
    form = ProfileForm(request.POST or None, record=person)
    if request.method == "POST" and form.is_valid() and _save(person, form):
        return _in_new_language(request, redirect("settings:profile"), form.cleaned_data["language"])
    rights = [words for capability, words in CAPABILITY_WORDS.items() if person.can(capability)]
    return render(request, "accounts/profile.html", {"form": form, "rights": rights}, status=form_status(form))


def _save(person: User, form: ProfileForm) -> User | None:
    policy.require(person, CHANGE_ME)
    write = people.change_profile
    return form.carry_out(lambda: write(actor=person, changes=form.values(), expected_version=form.expected_version))


def _in_new_language(request: HttpRequest, answer: HttpResponse, language: str) -> HttpResponse:
    """The sign-in page is to speak the chosen language too, so the cookie follows the profile."""
    with translation.override(language):
        toasts.show_next(request, _("Profile saved."))
    secure = settings.LANGUAGE_COOKIE_SECURE or request.is_secure()
    answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 24 * 3600, samesite="Lax", secure=secure)
    return answer
