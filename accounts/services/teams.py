"""Writes on teams: the tree, their managers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts.models import Team, TeamManager, User
from accounts.policies import MANAGE_TEAMS
from accounts.services.people import first_fault
from crm.core import journal, policy
from crm.core.errors import Conflict, Invalid, NotFound

FIELDS = ("name", "kind", "parent", "calendar")


def create_team(
    *, actor: User | None, team_id: UUID | None = None, managers: Iterable[User] = (), **fields: Any
) -> Team:
    """Make a team from ``FIELDS``. A repeat with the same ``team_id`` returns the one made before."""
    _require(actor)
    if team_id and (known := Team.objects.filter(pk=team_id).first()):
        return known
    team = Team(**({"pk": team_id} if team_id else {}), **fields)
    team.lineage = [*(team.parent.lineage if team.parent else []), team.pk]
    with transaction.atomic():
        _lock_tree()
        _save(team, lambda: team.save(force_insert=True))
        _set_managers(team, managers)
        journal.record(actor=actor, event="team.created", instance=team, changes=journal.creation(team, FIELDS))
    return team


def change_team(
    *,
    actor: User | None,
    team_id: UUID,
    changes: Mapping[str, Any],
    managers: Iterable[User] | None = None,
    expected_version: int | None = None,
) -> Team:
    """Change fields of ``FIELDS`` and, if given, the whole set of managers; moving carries the branch along."""
    _require(actor)
    with transaction.atomic():
        _lock_tree()
        team = _get(team_id)
        before = journal.snapshot(team, changes)
        for name, value in changes.items():
            setattr(team, name, value)
        differences: dict[str, Any] = journal.differences(before, team)
        if managers is not None:
            differences |= _set_managers(team, managers)
        if not differences and expected_version in (None, team.version):
            return team
        if "parent" in differences:
            _move(team)
        _save(team, lambda: team.save_version(fields=[*changes, "lineage"], expected=expected_version))
        journal.record(actor=actor, event="team.changed", instance=team, changes=differences)
    return team


def delete_team(*, actor: User | None, team_id: UUID, expected_version: int | None = None) -> None:
    """Remove an empty team. Raises ``Conflict`` while it has members or teams below it."""
    _require(actor)
    with transaction.atomic():
        _lock_tree()
        team = _get(team_id)
        team.require_version(expected_version)
        journal.record(actor=actor, event="team.deleted", instance=team, changes={"name": (team.name, None)})
        try:
            team.delete()
        except ProtectedError as error:
            raise Conflict(
                _("This team still has people or teams in it. Move them first."), code="team_in_use"
            ) from error


# --- inside ----------------------------------------------------------------------------------------------------------


def _require(actor: User | None) -> None:
    if actor is not None:
        policy.require(actor, MANAGE_TEAMS)


def _lock_tree() -> None:
    """Two moves at once could tie a knot that neither sees: writes on the tree take turns. Teams are few."""
    list(Team.objects.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))


def _get(team_id: UUID) -> Team:
    team = Team.objects.filter(pk=team_id).select_related("parent").first()
    if team is None:
        raise NotFound
    return team


def _move(team: Team) -> None:
    """Write the new path of ``team`` and of everything below it. Raises ``Invalid`` for a move into its own branch."""
    above = list(team.parent.lineage) if team.parent else []
    if team.pk in above:
        raise Invalid(_("A team cannot be part of itself."), field="parent", code="team_circle")
    old_depth = len(team.lineage) - 1
    for below in Team.objects.below(team.pk).exclude(pk=team.pk):
        below.lineage = [*above, *below.lineage[old_depth:]]
        below.save_version(fields=["lineage"])
    team.lineage = [*above, team.pk]


def _set_managers(team: Team, managers: Iterable[User]) -> dict[str, tuple[Any, Any]]:
    wanted = {user.pk for user in managers}
    present = set(TeamManager.objects.filter(team=team).values_list("user_id", flat=True))
    TeamManager.objects.filter(team=team, user_id__in=present - wanted).delete()
    TeamManager.objects.bulk_create([TeamManager(team=team, user_id=user_id) for user_id in sorted(wanted - present)])
    return {"managers": (sorted(map(str, present)), sorted(map(str, wanted)))} if wanted != present else {}


def _save(team: Team, write: Any) -> None:
    try:
        team.clean_fields(exclude=["lineage"])
        with transaction.atomic():
            write()
    except ValidationError as error:
        raise first_fault(error) from error
    except IntegrityError as error:
        raise Conflict(_("There is a team of this name already."), field="name", code="already_exists") from error
