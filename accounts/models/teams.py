"""Teams: a tree of inside, outside and mixed ones, each with its working calendar and managers."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet


class TeamQuerySet(ScopedQuerySet["Team"]):
    def below(self, *team_ids: object) -> TeamQuerySet:
        """These teams and everything under them."""
        return self.filter(lineage__overlap=list(team_ids))


class Team(BaseModel):
    """People who sell together. ``lineage`` is the path from the root to this team, itself last."""

    class Kind(models.TextChoices):
        INSIDE = "inside", _("Inside")
        OUTSIDE = "outside", _("Outside")
        MIXED = "mixed", _("Mixed")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    # Kept by services.teams: it turns "all below" into one indexed condition instead of a recursive query.
    lineage = ArrayField(models.UUIDField(), editable=False)
    calendar = models.ForeignKey(
        "accounts.WorkingCalendar", on_delete=models.PROTECT, related_name="teams", verbose_name=_("working calendar")
    )
    managers = models.ManyToManyField(
        "accounts.User",
        through="accounts.TeamManager",
        related_name="managed_teams",
        blank=True,
        verbose_name=_("managers"),
    )

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"),
                name="accounts_team_one_per_name",
                violation_error_message=_("There is a team of this name already."),
            ),
            models.CheckConstraint(
                name="accounts_team_not_its_own_parent", condition=Q(parent__isnull=True) | ~Q(parent=F("id"))
            ),
            models.CheckConstraint(name="accounts_team_lineage_holds_itself", condition=Q(lineage__contains=[F("id")])),
        ]
        indexes: ClassVar = [
            GinIndex(fields=["lineage"], name="accounts_team_lineage"),
            models.Index(fields=["updated_at", "id"], name="accounts_team_by_change"),
        ]

    @override
    def __str__(self) -> str:
        return self.name


class TeamManager(models.Model):
    """Who manages which team (and all below it)."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["team", "user"], name="accounts_teammanager_once")]

    @override
    def __str__(self) -> str:
        return f"{self.user_id} manages {self.team_id}"
