"""The places of these pages in the main menu, and what search and timelines know before higher apps add theirs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.core import nav
from crm.records import journal_lines, panels, score_panel, search, search_leads, timeline
from crm.records.lists.offered import COMPANIES, CONTACTS, DEALS, LEADS


def register() -> None:
    search_leads.register()
    search.register("people", _("People"), search.people)
    search.register("teams", _("Teams"), search.teams)
    for order, (spec, letter) in enumerate([(LEADS, "l"), (COMPANIES, "c"), (CONTACTS, "p"), (DEALS, "w")]):
        nav.register("main", spec.url_name, spec.title, act=spec.act, icon=spec.icon, order=40 + order, letter=letter)
    timeline.register("journal", journal_lines.source)
    panels.register("lead", "score", score_panel.TEMPLATE, score_panel.load, order=10)
