"""What a scope is called where a person chooses it. A scope is ``<noun>:read`` or ``<noun>:write``."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

_nouns: dict[str, Text] = {}
VERBS: dict[str, Text] = {"read": _("see"), "write": _("change")}


def call(name: str, label: Text) -> None:
    """Say what the noun of a scope is in the reader's words: ``call("users", _("People"))``. In the app's ``ready``."""
    _nouns[name] = label


def noun(name: str) -> Text:
    """The words for a noun; an app that forgot to name it shows the noun itself."""
    return _nouns.get(name, name.replace("_", " ").replace("-", " ").capitalize())


def verb(scope: str) -> Text:
    """The word for what a scope does to its noun."""
    name = scope.partition(":")[2]
    return VERBS.get(name, name)
