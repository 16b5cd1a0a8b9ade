"""Asking for a list as a file."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy

from accounts.forms.base import ServiceForm
from accounts.models import User
from crm.core import policy
from crm.core.forms import Segments
from crm.integrations import lists
from crm.integrations.models import ExportJob


class ExportForm(ServiceForm):
    FIELDS: ClassVar = ("kind", "format")

    kind = forms.ChoiceField(label=gettext_lazy("List"), widget=forms.RadioSelect)
    format = forms.ChoiceField(
        label=gettext_lazy("Format"), choices=ExportJob.Format.choices, widget=Segments, initial="csv"
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(each.name, each.label) for each in lists.exportables() if policy.may(actor, each.act)]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]
        self.fields["kind"].initial = choices[0][0]
