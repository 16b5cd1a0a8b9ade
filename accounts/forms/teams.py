"""Teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy
from typing_extensions import override

from accounts import selectors
from accounts.forms.base import RecordForm
from accounts.models import Capability, Team, User, WorkingCalendar
from accounts.services.teams import FIELDS
from crm.core.forms import Checks, Segments

if TYPE_CHECKING:
    TeamChoice = forms.ModelChoiceField[Team]
else:
    TeamChoice = forms.ModelChoiceField  # generic only in the stubs


class TreeChoice(TeamChoice):
    """A team among those of the tree, indented as it stands there."""

    def show(self, rows: Any) -> None:
        branches = selectors.tree(rows)
        self.queryset = rows
        words = {branch.team.pk: "\u2003" * branch.depth + branch.team.name for branch in branches}
        self.choices = [("", self.empty_label), *words.items()]


class TeamForm(RecordForm):
    """A team, where it stands in the tree and who manages it."""

    FIELDS: ClassVar = FIELDS

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("Sells"), choices=Team.Kind.choices, widget=Segments)
    parent = TreeChoice(
        Team.objects.none(),
        label=gettext_lazy("Part of"),
        required=False,
        empty_label=gettext_lazy("Nothing: it stands at the top"),
        help_text=gettext_lazy("Moving a team takes the teams below along."),
    )
    calendar = forms.ModelChoiceField(
        WorkingCalendar.objects.none(), label=gettext_lazy("Working calendar"), empty_label=gettext_lazy("Choose one")
    )
    managers = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=gettext_lazy("Managers"),
        required=False,
        widget=Checks,
        help_text=gettext_lazy("They see this team and all below it."),
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        below = [self.record.pk] if self.record else []
        self.fields["parent"].show(Team.objects.visible_to(actor).exclude(lineage__overlap=below))  # type: ignore[attr-defined]
        self.fields["calendar"].queryset = WorkingCalendar.objects.visible_to(actor)  # type: ignore[attr-defined]
        may_manage = Q(is_active=True, capabilities__contains=[Capability.MANAGES])
        present = Q(pk__in=selectors.manager_ids(team__in=below))
        self.fields["managers"].queryset = User.objects.visible_to(actor).filter(may_manage | present)  # type: ignore[attr-defined]

    @override
    def initial_of(self, record: Any) -> dict[str, Any]:
        ids = {"parent": record.parent_id, "calendar": record.calendar_id}
        return super().initial_of(record) | ids | {"managers": list(record.managers.values_list("pk", flat=True))}
