"""What the search finds before higher apps add theirs: customers and what is sold to them, then people and teams."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.records import search, search_leads


def register() -> None:
    search_leads.register()
    search.register("people", _("People"), search.people)
    search.register("teams", _("Teams"), search.teams)
