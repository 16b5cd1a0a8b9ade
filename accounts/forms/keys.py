"""API keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from typing_extensions import override

from accounts.forms.base import ServiceForm
from accounts.models import User
from accounts.services.keys import scopes_of
from crm.core import clock, scopes

FOREVER = "0"
LIVES: list[tuple[str, str | Promise]] = [
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("a year")),
    (FOREVER, gettext_lazy("for good")),
]


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """A noun of the API with the scopes on it that this person's rights can use, and whether each is chosen."""

    label: str | Promise
    scopes: list[tuple[str, str | Promise, bool]]


class KeyForm(ServiceForm):
    """A new key of one's own. Scopes are chosen among those that one's rights can use."""

    FIELDS: ClassVar = ("name", "scopes")

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("What it is for: you will look for it when it must go."),
    )
    scopes = forms.MultipleChoiceField(label=gettext_lazy("What it may do"))
    lives = forms.ChoiceField(label=gettext_lazy("Works for"), choices=LIVES, initial="90")

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(name, name) for name in scopes_of(owner)]  # type: ignore[attr-defined]

    @override
    def values(self) -> dict[str, Any]:
        days = int(self.cleaned_data["lives"])
        return super().values() | {"expires_at": clock.now() + timedelta(days=days) if days else None}

    def rows(self) -> list[ScopeRow]:
        """The scopes as a table: one row for each noun, reading before writing."""
        chosen = set(self["scopes"].value() or [])
        nouns: dict[str, list[str]] = {}
        for name, _label in self.fields["scopes"].choices:  # type: ignore[attr-defined]
            nouns.setdefault(name.partition(":")[0], []).append(name)
        return [
            ScopeRow(scopes.noun(noun), [(name, scopes.verb(name), name in chosen) for name in sorted(names)])
            for noun, names in sorted(nouns.items(), key=lambda item: str(scopes.noun(item[0])).casefold())
        ]
