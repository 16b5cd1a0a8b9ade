"""People: one's own profile, inviting, what an administrator edits."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from typing_extensions import override

from accounts.forms.base import RecordForm, ServiceForm, said
from accounts.forms.fields import Invitee, InviteesField, LanguagesField, WordsField, ZoneField
from accounts.models import Capability, Team, User, WorkingCalendar
from accounts.services.people import MANAGED_FIELDS, OWN_FIELDS
from crm.core.forms import Checks, Segments

# What each capability means at work; the exact acts are in docs/who-may-what.md.
CAPABILITY_WORDS: dict[str, Promise] = {
    Capability.CALLS: gettext_lazy("Calls: works the inside desk by phone, e-mail and video"),
    Capability.VISITS: gettext_lazy("Visits: goes out to customers and plans tours"),
    Capability.APPROVES: gettext_lazy("Approves: checks expenses; sees all people and teams for it"),
    Capability.MANAGES: gettext_lazy("Manages: sees the teams below, enters absences for their people"),
    Capability.ADMINISTERS: gettext_lazy("Administers: invites people, changes rights, teams and calendars; sees all"),
}


def own_names() -> list[tuple[str, str]]:
    """The languages of Tandem, each as it calls itself."""
    return [(code, capfirst(get_language_info(code)["name_local"])) for code, _name in settings.LANGUAGES]


class PersonFields(forms.Form):
    """What a person and an administrator can both say about somebody."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of Tandem"), choices=own_names, widget=Segments)
    time_zone = ZoneField(help_text=gettext_lazy("Times are shown in it, and working hours are hours on its clock."))
    language_skills = LanguagesField(
        label=gettext_lazy("Languages spoken with customers"), help_text=gettext_lazy("With commas: French, English")
    )
    product_skills = WordsField(
        label=gettext_lazy("Products known well"),
        longest=60,
        help_text=gettext_lazy("With commas. New leads look for them."),
    )
    home_label = forms.CharField(
        label=gettext_lazy("Home base"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("The place where tours start."),
    )
    home_latitude = forms.DecimalField(
        label=gettext_lazy("Latitude"), required=False, max_digits=8, decimal_places=5, min_value=-90, max_value=90
    )
    home_longitude = forms.DecimalField(
        label=gettext_lazy("Longitude"), required=False, max_digits=8, decimal_places=5, min_value=-180, max_value=180
    )

    @override
    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or self.cleaned_data
        pair = ("home_latitude", "home_longitude")
        missing = [name for name in pair if data.get(name) is None]
        if len(missing) == 1 and not any(name in self.errors for name in pair):
            self.add_error(missing[0], _("A place has both latitude and longitude, or neither."))
        return data


class ProfileForm(PersonFields, RecordForm):
    FIELDS: ClassVar = OWN_FIELDS


class RightsFields(forms.Form):
    """What only an administrator says."""

    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Team"), required=False, empty_label=gettext_lazy("No team")
    )
    capabilities = forms.MultipleChoiceField(
        label=gettext_lazy("What they do"), choices=list(CAPABILITY_WORDS.items()), required=False, widget=Checks
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["team"].queryset = Team.objects.visible_to(actor)  # type: ignore[attr-defined]


class PersonForm(RightsFields, PersonFields, RecordForm):
    """Everything an administrator may change about somebody."""

    FIELDS: ClassVar = MANAGED_FIELDS
    field_order = ("name", "email", "team", "capabilities", "calendar", "weekly_capacity", "language", "time_zone")

    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("They sign in with it. A change holds from their next sign-in."),
    )
    calendar = forms.ModelChoiceField(
        WorkingCalendar.objects.none(),
        label=gettext_lazy("Working hours"),
        required=False,
        empty_label=gettext_lazy("Those of the team"),
    )
    weekly_capacity = forms.IntegerField(
        label=gettext_lazy("New leads a week"),
        required=False,
        min_value=0,
        max_value=32_767,
        help_text=gettext_lazy("Empty is no limit, 0 is none."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["calendar"].queryset = WorkingCalendar.objects.visible_to(self.actor)  # type: ignore[attr-defined]

    @override
    def say(self, name: str, value: Any) -> str:
        """Capabilities by their short names: what they mean stands in the form."""
        if name != "capabilities":
            return super().say(name, value)
        return ", ".join(str(Capability(item).label) for item in value or []) or said(None, value)

    @override
    def initial_of(self, record: Any) -> dict[str, Any]:
        return super().initial_of(record) | {"team": record.team_id, "calendar": record.calendar_id}


class InviteForm(RightsFields, ServiceForm):
    """One or several people who get the same team and rights."""

    FIELDS: ClassVar = ("team", "capabilities", "language", "time_zone")

    invitees = InviteesField(
        label=gettext_lazy("Who"),
        help_text=gettext_lazy("One or several: Inès Delorme &lt;ines@example.com&gt;, or the address alone."),
    )
    language = PersonFields.base_fields["language"]
    time_zone = ZoneField(help_text=gettext_lazy("They can change it in their profile."))
    field_order = ("invitees", "team", "capabilities", "language", "time_zone")

    def keep(self, refused: list[tuple[Invitee, str]]) -> None:
        """Leave in the form only those who could not be invited, and say why beside them."""
        self.retype("invitees", "\n".join(str(invitee) for invitee, _reason in refused))
        for invitee, reason in refused:
            self.add_error("invitees", f"{invitee.email}: {reason}")


class PeopleFilter(forms.Form):
    """The list of people: search and filters, all of them optional."""

    mark_optional = False
    STATES: ClassVar = [
        ("", gettext_lazy("Active")),
        ("invited", gettext_lazy("Invited, not yet here")),
        ("off", gettext_lazy("Switched off")),
    ]

    q = forms.CharField(
        label=gettext_lazy("Name or e-mail"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Team"), required=False, empty_label=gettext_lazy("All teams")
    )
    capability = forms.ChoiceField(
        label=gettext_lazy("What they do"),
        required=False,
        choices=[("", gettext_lazy("Anything")), *Capability.choices],
    )
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False, choices=STATES)

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.visible_to(reader)  # type: ignore[attr-defined]
