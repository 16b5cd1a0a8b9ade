"""What the search finds before higher apps add theirs: people and teams."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.records import search


def register() -> None:
    search.register("people", _("People"), search.people)
    search.register("teams", _("Teams"), search.teams)
