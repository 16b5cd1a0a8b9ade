"""People: the list, one person, inviting, switching off and on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts import selectors
from accounts.forms.fields import Invitee
from accounts.forms.people import CAPABILITY_WORDS, InviteForm, PeopleFilter, PersonForm
from accounts.models import User
from accounts.policies import MANAGE_USERS, VIEW_USERS
from accounts.services import people as services
from accounts.views.answers import back_to, form_status
from crm.core import clock, policy, toasts
from crm.core.doors import page
from crm.core.errors import Refusal

ON_A_PAGE = 50


@page(act=VIEW_USERS)
def people(request: HttpRequest) -> HttpResponse:
    """Those the reader sees, by name; search and filters in the address."""
    reader: User = request.user  # type: ignore[assignment]
    form = PeopleFilter(request.GET, reader=reader)
    rows = Paginator(_filtered(reader, form), ON_A_PAGE).get_page(request.GET.get("page"))
    facts = {
        "filter": form,
        "rows": selectors.colleagues(rows.object_list, clock.now()),
        "page": rows,
        "may_manage": policy.may(reader, MANAGE_USERS),
    }
    return render(request, "accounts/people.html", facts)


def _filtered(reader: User, form: PeopleFilter) -> QuerySet[User]:
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = selectors.people(reader)
    if query := wanted.get("q"):
        rows = rows.filter(pk__in=selectors.found_people(reader, query))
    if team := wanted.get("team"):
        rows = rows.filter(team__lineage__contains=[team.pk])
    if capability := wanted.get("capability"):
        rows = rows.who_can(capability)  # type: ignore[attr-defined]
    match wanted.get("state"):
        case "off":
            return rows.filter(is_active=False)
        case "invited":
            return rows.filter(is_active=True, invited_at__isnull=False, last_login__isnull=True)
        case _:
            return rows.filter(is_active=True)


@page(act=VIEW_USERS)
def person(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """One person: for an administrator everything to edit, for others who they are and whether they are here."""
    reader: User = request.user  # type: ignore[assignment]
    subject: User = policy.get_visible(selectors.people(reader), reader, pk=user_id)
    if not policy.may(reader, MANAGE_USERS):
        policy.require(reader, VIEW_USERS if request.method == "GET" else MANAGE_USERS)
        return render(request, "accounts/person.html", _facts(subject))
    form = PersonForm(request.POST or None, record=subject, actor=reader)
    if request.method == "POST" and form.is_valid() and _save(reader, subject, form):
        return back_to(request, "settings:people", _("%(name)s saved.") % {"name": form.cleaned_data["name"]})
    return render(request, "accounts/person_edit.html", {"form": form, **_facts(subject)}, status=form_status(form))


def _facts(subject: User) -> dict[str, Any]:
    return {
        "subject": subject,
        "colleague": selectors.colleagues([subject], clock.now())[0],
        "rights": [words for capability, words in CAPABILITY_WORDS.items() if subject.can(capability)],
    }


def _save(actor: User, subject: User, form: PersonForm) -> User | None:
    write = services.change_user
    return form.carry_out(
        lambda: write(actor=actor, user_id=subject.pk, changes=form.values(), expected_version=form.expected_version)
    )


@page(act=MANAGE_USERS)
def invite(request: HttpRequest) -> HttpResponse:
    """One or several. Who could not be invited stays in the form, with the reason."""
    actor: User = request.user  # type: ignore[assignment]
    initial = {"language": actor.language, "time_zone": actor.time_zone, "team": request.GET.get("team")}
    form = InviteForm(request.POST or None, actor=actor, initial=initial)
    if request.method == "POST" and form.is_valid():
        refused = _invite_each(actor, form)
        done = len(form.cleaned_data["invitees"]) - len(refused)
        text = ngettext("%(number)d person invited.", "%(number)d people invited.", done) % {"number": done}
        if not refused:
            return back_to(request, "settings:people", text)
        if done:
            toasts.show_next(request, text)
        form.keep(refused)
    return render(request, "accounts/people_invite.html", {"form": form}, status=form_status(form))


def _invite_each(actor: User, form: InviteForm) -> list[tuple[Invitee, str]]:
    """Invite everybody in the form, each in a transaction of their own; answers those who were refused, and why."""
    refused = []
    for invitee in form.cleaned_data["invitees"]:
        try:
            services.invite_user(actor=actor, email=invitee.email, name=invitee.name, **form.values())
        except Refusal as refusal:
            refused.append((invitee, str(refusal.detail)))
    return refused


@page(act=MANAGE_USERS)
@require_POST
def deactivate(request: HttpRequest, user_id: UUID) -> HttpResponse:
    subject = services.deactivate_user(actor=request.user, user_id=user_id)  # type: ignore[arg-type]
    undo = reverse("settings:reactivate", args=[user_id])
    return back_to(request, "settings:people", _("%(name)s is switched off.") % {"name": subject.name}, undo=undo)


@page(act=MANAGE_USERS)
@require_POST
def reactivate(request: HttpRequest, user_id: UUID) -> HttpResponse:
    subject = services.reactivate_user(actor=request.user, user_id=user_id)  # type: ignore[arg-type]
    text = _("%(name)s is switched on again.") % {"name": subject.name}
    return back_to(request, "settings:person", text, args=(user_id,))


@page(act=MANAGE_USERS)
@require_POST
def invite_again(request: HttpRequest, user_id: UUID) -> HttpResponse:
    subject = services.invite_again(actor=request.user, user_id=user_id)  # type: ignore[arg-type]
    text = _("The invitation is on its way to %(email)s again.") % {"email": subject.email}
    return back_to(request, "settings:person", text, args=(user_id,))
