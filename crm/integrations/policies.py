"""Who brings data in and takes it out. What a row may become is the acts and visibilities of ``leads``; here is who may ask."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import Capability, User
from crm.core.policy import EVERYTHING, define_act, sees
from crm.integrations.models import ExportJob, ImportJob
from leads.policies import MANAGE_PRODUCTS, READS, SELLS, WRITE_COMPANIES, WRITE_CONTACTS, WRITE_DEALS, WRITE_LEADS

VIEW_IMPORTS = define_act("integrations.view_imports", capabilities=SELLS)
WRITE_IMPORTS = define_act("integrations.write_imports", capabilities=SELLS)
VIEW_EXPORTS = define_act("integrations.view_exports", capabilities=READS)
WRITE_EXPORTS = define_act("integrations.write_exports", capabilities=READS)

# What one must be allowed to write oneself, to bring a file of it.
NEEDED = {
    "leads": WRITE_LEADS,
    "companies": WRITE_COMPANIES,
    "contacts": WRITE_CONTACTS,
    "deals": WRITE_DEALS,
    "products": MANAGE_PRODUCTS,
}


@sees(ImportJob)
def imports(person: User) -> Q:
    """One's own; administrators all: an import touches everybody's records."""
    return EVERYTHING if person.can(Capability.ADMINISTERS) else Q(owner=person.pk)


@sees(ExportJob)
def exports(person: User) -> Q:
    """One's own, whoever one is: the file holds what its owner sees."""
    return Q(owner=person.pk)
