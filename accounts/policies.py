"""Who sees and does what with people, teams, absences, keys. The table is in ``docs/who-may-what.md``."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Q, QuerySet

from accounts.models import Absence, ApiKey, Capability, Notice, Team, TeamManager, User, WorkingCalendar
from crm.core.policy import EVERYTHING, define_act, sees

# --- Acts ------------------------------------------------------------------------------------------------------------

VIEW_ME = define_act("accounts.view_me", scope="me:read")
CHANGE_ME = define_act("accounts.change_me", scope="me:write")
VIEW_USERS = define_act("accounts.view_users")
MANAGE_USERS = define_act("accounts.manage_users", capabilities=[Capability.ADMINISTERS])
VIEW_TEAMS = define_act("accounts.view_teams")
MANAGE_TEAMS = define_act("accounts.manage_teams", capabilities=[Capability.ADMINISTERS])
VIEW_ABSENCES = define_act("accounts.view_absences")
WRITE_ABSENCES = define_act("accounts.write_absences")
VIEW_KEYS = define_act("accounts.view_keys")
WRITE_KEYS = define_act("accounts.write_keys")
VIEW_NOTICES = define_act("accounts.view_notices")
WRITE_NOTICES = define_act("accounts.write_notices")
VIEW_CALENDARS = define_act("accounts.view_calendars")
MANAGE_CALENDARS = define_act("accounts.manage_calendars", capabilities=[Capability.ADMINISTERS])


# --- Teams a person answers for ---------------------------------------------------------------------------------------


def managed_teams(person: User) -> QuerySet[Team]:
    """The teams a manager manages and everything below them; none for somebody without the capability."""
    if not person.can(Capability.MANAGES):
        return Team.objects.none()
    own = ArraySubquery(TeamManager.objects.filter(user_id=person.pk).values("team_id"))
    return Team.objects.filter(lineage__overlap=own)


def manages(person: User, subject: User) -> bool:
    """Whether ``subject`` works in the team tree that ``person`` manages."""
    return subject.team_id is not None and managed_teams(person).filter(pk=subject.team_id).exists()


# --- Rows ------------------------------------------------------------------------------------------------------------


@sees(User)
def users(person: User) -> Q:
    """Oneself and team-mates; a manager the team tree; approvers and administrators everybody."""
    if person.can(Capability.ADMINISTERS) or person.can(Capability.APPROVES):
        return EVERYTHING
    mates = Q(team=person.team_id) if person.team_id else Q()
    own_managers = Q(pk__in=TeamManager.objects.filter(team=person.team_id).values("user_id"))
    visible = Q(pk=person.pk) | own_managers | Q(team__in=managed_teams(person).values("pk"))
    return visible | mates if person.team_id else visible


@sees(Team)
def teams(person: User) -> Q:
    """One's own team and those it is part of; a manager the tree; approvers and administrators all."""
    if person.can(Capability.ADMINISTERS) or person.can(Capability.APPROVES):
        return EVERYTHING
    lineage = list(person.team.lineage) if person.team else []
    return Q(pk__in=lineage) | Q(pk__in=managed_teams(person).values("pk"))


@sees(Absence)
def absences(person: User) -> Q:
    """One's own; a manager's people; administrators all. (That a team-mate is away is said without kind or note.)"""
    if person.can(Capability.ADMINISTERS):
        return EVERYTHING
    return Q(user=person.pk) | Q(user__team__in=managed_teams(person).values("pk"))


@sees(ApiKey)
def keys(person: User) -> Q:
    return EVERYTHING if person.can(Capability.ADMINISTERS) else Q(owner=person.pk)


@sees(Notice)
def notices(person: User) -> Q:
    return Q(user=person.pk)


@sees(WorkingCalendar)
def calendars(person: User) -> Q:
    """Working hours are no secret: everybody signed in sees them."""
    return EVERYTHING
