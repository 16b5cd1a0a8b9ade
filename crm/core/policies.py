"""Who may look at what the floor itself keeps: the journal, the description of the API."""

from __future__ import annotations

from django.db.models import Q

from crm.core.models import JournalEntry
from crm.core.policy import EVERYTHING, NOTHING, Person, define_act, sees

# The capability is named here as text: its noun belongs to the app above.
ADMINISTERS = "administers"

VIEW_JOURNAL = define_act("core.view_journal", capabilities=[ADMINISTERS])
# Everybody signed in, and any key whatever its scopes (the view says so): who may call the API may read how.
VIEW_API = define_act("core.view_api", scope="me:read")
VIEW_DESIGN = define_act("core.view_design", scope="me:read")


@sees(JournalEntry)
def journal(person: Person) -> Q:
    """Every change with its values, across all scopes: administrators only."""
    return EVERYTHING if person.can(ADMINISTERS) else NOTHING
