"""Teams: the tree, one team."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import selectors
from accounts.forms.teams import TeamForm
from accounts.models import Team, User
from accounts.policies import MANAGE_TEAMS, VIEW_TEAMS
from accounts.services import teams as services
from accounts.views.answers import back_to, form_status
from crm.core import clock, policy
from crm.core.doors import page


@page(act=VIEW_TEAMS)
def teams(request: HttpRequest) -> HttpResponse:
    """The tree of those the reader sees."""
    reader: User = request.user  # type: ignore[assignment]
    branches = selectors.tree(selectors.teams(reader))
    return render(
        request, "accounts/teams.html", {"branches": branches, "may_manage": policy.may(reader, MANAGE_TEAMS)}
    )


@page(act=VIEW_TEAMS)
def team(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """One team with its people; for an administrator the form to change it."""
    reader: User = request.user  # type: ignore[assignment]
    subject: Team = policy.get_visible(selectors.teams(reader), reader, pk=team_id)
    form = None
    if policy.may(reader, MANAGE_TEAMS) or request.method == "POST":
        policy.require(reader, MANAGE_TEAMS)
        form = TeamForm(request.POST or None, record=subject, actor=reader)
        if request.method == "POST" and form.is_valid() and _change(reader, subject, form):
            return back_to(request, "settings:teams", _("%(name)s saved.") % {"name": form.cleaned_data["name"]})
    people = selectors.people(reader).active().filter(team=subject)  # type: ignore[attr-defined]
    facts = {"form": form, "team": subject, "people": selectors.colleagues(people, clock.now())}
    return render(request, "accounts/team.html", facts, status=form_status(form) if form else 200)


@page(act=MANAGE_TEAMS)
def new(request: HttpRequest) -> HttpResponse:
    actor: User = request.user  # type: ignore[assignment]
    form = TeamForm(request.POST or None, actor=actor, initial={"parent": request.GET.get("parent")})
    if request.method == "POST" and form.is_valid() and _create(actor, form):
        return back_to(request, "settings:teams", _("%(name)s made.") % {"name": form.cleaned_data["name"]})
    return render(request, "accounts/team_new.html", {"form": form}, status=form_status(form))


@page(act=MANAGE_TEAMS)
@require_POST
def delete(request: HttpRequest, team_id: UUID) -> HttpResponse:
    services.delete_team(actor=request.user, team_id=team_id)  # type: ignore[arg-type]
    return back_to(request, "settings:teams", _("Team deleted."))


def _create(actor: User, form: TeamForm) -> Team | None:
    managers = form.cleaned_data["managers"]
    return form.carry_out(lambda: services.create_team(actor=actor, managers=managers, **form.values()))


def _change(actor: User, subject: Team, form: TeamForm) -> Team | None:
    return form.carry_out(
        lambda: services.change_team(
            actor=actor,
            team_id=subject.pk,
            changes=form.values(),
            managers=form.cleaned_data["managers"],
            expected_version=form.expected_version,
        )
    )
